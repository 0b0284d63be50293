"""From an explanation to the shape that programs read."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.explain.report import shapes
from gossamer.explain.report.explanation import Changes, Explanation, HeaderOperations, TrafficShare
from gossamer.model.origin import Origin


def shape_of(explanation: Explanation) -> shapes.ExplanationShape:
    """The explanation as JSON has it."""
    return shapes.ExplanationShape(
        call=explanation.call,
        verdict=explanation.verdict.value,
        status=explanation.status,
        grpc_status=explanation.grpc_status,
        listener=explanation.listener,
        filter_chain=explanation.chain,
        virtual_host=explanation.virtual_host,
        route=explanation.route,
        location=explanation.location,
        body=explanation.body,
        backends=list(explanation.backends),
        shares=[_share(each) for each in explanation.shares],
        headers=_headers(explanation),
        policies=[
            shapes.PolicyShape(e.policy, e.says, *_fields(e.place)) for e in explanation.policies
        ],
        fault=explanation.fault,
        timeout_s=explanation.timeout_s,
        retries=explanation.retries,
        mirrors=[shapes.MirrorShape(cluster, percent) for cluster, percent in explanation.mirrors],
        mtls=_mtls(explanation.backends),
        because=_places(explanation.because),
        hops=[
            shapes.HopShape(hop.step, hop.says, _places(hop.because)) for hop in explanation.hops
        ],
        lost=[
            shapes.LostShape(each.rule, each.why, *_fields(each.place)) for each in explanation.lost
        ],
    )


def _places(origins: Iterable[Origin]) -> list[shapes.PlaceShape]:
    return [place_shape(origin) for origin in origins]


def place_shape(origin: Origin) -> shapes.PlaceShape:
    """A place as JSON has it."""
    return shapes.PlaceShape(*_fields(origin))


def _fields(origin: Origin | None) -> tuple[str | None, str | None, int | None, str | None]:
    """`object`, `file`, `line` and `field` of a place; None each where there is none."""
    if origin is None:
        return None, None, None, None
    return str(origin.object), origin.file, origin.line, origin.field


def _share(share: TrafficShare) -> shapes.TrafficShareShape:
    return shapes.TrafficShareShape(
        cluster=share.cluster,
        percent=share.percent,
        status=share.status,
        why=share.why,
        authority=share.authority,
        path=share.path,
        request=_changes(share.request),
        response=_operations(share.response),
    )


def _headers(explanation: Explanation) -> shapes.HeadersShape:
    """What happens to headers where all shares agree; each share says its own."""
    requests = {share.request for share in explanation.shares}
    responses = {share.response for share in explanation.shares} or {explanation.response}
    return shapes.HeadersShape(
        request=_changes(requests.pop()) if len(requests) == 1 else None,
        response=_operations(responses.pop()) if len(responses) == 1 else None,
    )


def _changes(changes: Changes) -> shapes.HeaderChangesShape:
    changed = {name: list(values) for name, values in changes.changed}
    return shapes.HeaderChangesShape(changed, list(changes.removed))


def _operations(operations: Iterable[HeaderOperations]) -> shapes.HeaderOperationsShape:
    """The operations of several carriers, joined in their order."""
    every = tuple(operations)
    return shapes.HeaderOperationsShape(
        remove=[name for each in every for name in each.remove],
        set={name: value for each in every for name, value in each.set},
        add=[shapes.AddedHeaderShape(name, value) for each in every for name, value in each.add],
    )


def _mtls(backends: tuple[shapes.BackendShape, ...]) -> bool | None:
    kinds = {backend.mtls for backend in backends}
    return kinds.pop() if len(kinds) == 1 else None
