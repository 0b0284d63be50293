"""From an explanation to the shape that programs read."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.explain.report import shapes
from gossamer.explain.report.explanation import Changes, Explanation, HeaderOperations, TrafficShare
from gossamer.model.origin import Origin


def shape_of(found: Explanation) -> shapes.ExplanationShape:
    """The explanation as JSON has it."""
    return shapes.ExplanationShape(
        call=found.call,
        verdict=found.verdict.value,
        status=found.status,
        grpc_status=found.grpc_status,
        listener=found.listener,
        filter_chain=found.chain,
        virtual_host=found.virtual_host,
        route=found.route,
        location=found.location,
        body=found.body,
        backends=list(found.backends),
        shares=[_share(each) for each in found.shares],
        headers=_headers(found),
        policies=[shapes.PolicyShape(e.policy, e.says, *_fields(e.place)) for e in found.policies],
        fault=found.fault,
        timeout_s=found.timeout_s,
        retries=found.retries,
        mirrors=[shapes.MirrorShape(cluster, percent) for cluster, percent in found.mirrors],
        mtls=_mtls(found.backends),
        because=_places(found.because),
        hops=[shapes.HopShape(hop.step, hop.says, _places(hop.because)) for hop in found.hops],
        lost=[shapes.LostShape(each.rule, each.why, *_fields(each.place)) for each in found.lost],
    )


def _places(origins: Iterable[Origin]) -> list[shapes.PlaceShape]:
    return [shapes.PlaceShape(*_fields(origin)) for origin in origins]


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
    said = {backend.mtls for backend in backends}
    return said.pop() if len(said) == 1 else None
