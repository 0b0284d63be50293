"""One model route as Envoy routes: match, action, and every policy on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envoy.config.route.v3 import route_components_pb2

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http_filters.chain import ORDER
from gossamer.compile.routes.backends import (
    MISSING,
    REFUSED,
    Share,
    backend_cluster,
    fill_action,
    shares,
)
from gossamer.compile.routes.matches import fill_match
from gossamer.compile.routes.policies.direct_response import apply_direct_response
from gossamer.compile.routes.policies.headers import apply_headers
from gossamer.compile.routes.policies.mirror import apply_mirror, fill_percent
from gossamer.compile.routes.policies.redirect import Called, apply_redirect, without_port
from gossamer.compile.routes.policies.retry import DEFAULT, apply_retry
from gossamer.compile.routes.policies.rewrite import apply_rewrite
from gossamer.compile.routes.policies.step import Holds, PolicyContext, PolicyStep
from gossamer.compile.routes.policies.timeout import apply_timeout
from gossamer.compile.routes.route_context import RouteContext
from gossamer.model.policies import Policies, policies
from gossamer.model.policies.direct_response import DirectResponse
from gossamer.model.policies.headers import Headers
from gossamer.model.policies.mirror import Mirror
from gossamer.model.policies.redirect import Redirect
from gossamer.model.policies.retry import Retry
from gossamer.model.policies.rewrite import Rewrite
from gossamer.model.policies.timeout import Timeout
from gossamer.model.traffic.route import Backend, Match, Route, RouteSet

APPLY: Mapping[type, PolicyStep] = {
    Redirect: PolicyStep(
        lambda route, value, place: apply_redirect(
            route, value, place.match, _called(place.context)
        ),
        Holds.ANSWERS,
    ),
    DirectResponse: PolicyStep(
        lambda route, value, _: apply_direct_response(route, value), Holds.ANSWERS
    ),
    Timeout: PolicyStep(lambda route, value, _: apply_timeout(route, value)),
    Rewrite: PolicyStep(lambda route, value, place: apply_rewrite(route, value, place.match)),
    Headers: PolicyStep(lambda route, value, _: apply_headers(route, value), Holds.ALWAYS),
    Mirror: PolicyStep(lambda route, value, place: apply_mirror(route, _mirrored(value, place))),
    Retry: PolicyStep(lambda route, value, _: apply_retry(route, value)),
    **{policy: step for each in ORDER for policy, step in each.policies.items()},
}
_WITHOUT_A_WORD = policies(DEFAULT)
"""What holds on a forwarding route whose author does not speak of it."""


def route_entries(
    read: TrackedLookup, route_set: RouteSet, route: Route, context: RouteContext
) -> Iterator[route_components_pb2.Route]:
    """Envoy's route for one of ours, and one to refuse with where a backend may not be used."""
    read.decided(route_set.object)
    place = PolicyContext(read, route_set, route.match, context)
    proto = route_components_pb2.Route(
        name=f"{route_set.object.namespace}/{route_set.object.name}/{route.name}"
    )
    fill_match(proto.match, route.match)
    if _answers(proto, route, place):
        bare = without_port(proto, _called(context)) if proto.HasField("redirect") else None
        return iter((bare, proto) if bare is not None else (proto,))
    parts = shares(read, route_set, route.backends, context)
    usable = [share for share in parts if share.cluster != REFUSED]
    if not usable:
        return iter((_failing(proto),))
    refusing = _refusing(proto, parts)
    return iter((*refusing, _forwarding(proto, usable, route, place)))


def _called(context: RouteContext) -> Called:
    return Called(context.port, context.secured, context.host)


def plain_entry(name: str, cluster: str) -> route_components_pb2.Route:
    """The route of a host without routes of its own: all requests to its cluster."""
    proto = route_components_pb2.Route(name=name)
    fill_match(proto.match, Match())
    apply_retry(_open(proto, [Share(cluster, 1, Backend(name))]), DEFAULT)
    return proto


def _answers(proto: route_components_pb2.Route, route: Route, place: PolicyContext) -> bool:
    """Whether a policy answers the requests, which is then applied with those that still hold."""
    if not any(APPLY[type(value)].holds is Holds.ANSWERS for value in route.policies):
        return False
    _apply(proto, route.policies, place, Holds.FORWARDED)
    return True


def _apply(
    proto: route_components_pb2.Route, values: Policies, place: PolicyContext, but: Holds
) -> None:
    for value in values:
        step = APPLY[type(value)]
        if step.holds is not but:
            step.apply(proto, value, place)


def _failing(proto: route_components_pb2.Route) -> route_components_pb2.Route:
    proto.direct_response.status = 500
    proto.direct_response.body.inline_string = "gossamer: no backend of this route may be used"
    return proto


def _refusing(
    proto: route_components_pb2.Route, parts: list[Share]
) -> tuple[route_components_pb2.Route, ...]:
    """A route that takes the share of the backends which may not be used.

    A weighted cluster that does not exist would answer 500 too, but a sidecar would wait for
    its discovery with every request.
    """
    refused = sum(share.weight for share in parts if share.cluster == REFUSED)
    if not refused:
        return ()
    failing = route_components_pb2.Route()
    failing.CopyFrom(proto)
    percent = 100 * refused / sum(share.weight for share in parts)
    fill_percent(failing.match.runtime_fraction.default_value, percent)
    return (_failing(failing),)


def _open(proto: route_components_pb2.Route, parts: list[Share]) -> route_components_pb2.Route:
    fill_action(proto.route, parts)
    proto.route.timeout.seconds = 0
    return proto


def _forwarding(
    proto: route_components_pb2.Route, parts: list[Share], route: Route, place: PolicyContext
) -> route_components_pb2.Route:
    _open(proto, parts)
    _apply(proto, route.policies.over(_WITHOUT_A_WORD), place, Holds.ANSWERS)
    return proto


def _mirrored(mirror: Mirror, place: PolicyContext) -> Iterator[tuple[str, float]]:
    for target in mirror.targets:
        backend = Backend(target.host, target.port, target.subset)
        cluster = backend_cluster(place.read, place.route_set, backend, place.context)
        if cluster not in (MISSING, REFUSED):
            yield cluster, target.percent
