"""One model route as Envoy routes: match, action, and every policy on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from envoy.config.route.v3.route_components_pb2 import Route as EnvoyRoute

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http_filters.fault import apply_fault
from gossamer.compile.route_policies.direct_response import apply_direct_response
from gossamer.compile.route_policies.headers import apply_headers
from gossamer.compile.route_policies.mirror import apply_mirror, fill_percent
from gossamer.compile.route_policies.redirect import Called, apply_redirect, without_port
from gossamer.compile.route_policies.retry import DEFAULT, apply_retry
from gossamer.compile.route_policies.rewrite import apply_rewrite
from gossamer.compile.route_policies.timeout import apply_timeout
from gossamer.compile.routes.backends import (
    MISSING,
    REFUSED,
    Share,
    backend_cluster,
    fill_action,
    shares,
)
from gossamer.compile.routes.matches import fill_match
from gossamer.compile.routes.route_context import RouteContext
from gossamer.model.policies.direct_response import DirectResponse
from gossamer.model.policies.fault import Fault
from gossamer.model.policies.headers import Headers
from gossamer.model.policies.mirror import Mirror
from gossamer.model.policies.redirect import Redirect
from gossamer.model.policies.retry import Retry
from gossamer.model.policies.rewrite import Rewrite
from gossamer.model.policies.timeout import Timeout
from gossamer.model.traffic.route import Backend, Match, Route, RouteSet


@dataclass(frozen=True, slots=True)
class PolicyContext:
    """Where a policy is applied: the route set, its match, and whom it is compiled for."""

    read: TrackedLookup
    route_set: RouteSet
    match: Match
    context: RouteContext


Apply = Callable[[EnvoyRoute, Any, PolicyContext], None]

APPLY: Mapping[type, Apply] = {
    Timeout: lambda route, value, _: apply_timeout(route, value),
    Rewrite: lambda route, value, place: apply_rewrite(route, value, place.match),
    Headers: lambda route, value, _: apply_headers(route, value),
    Fault: lambda route, value, _: apply_fault(route, value),
    Mirror: lambda route, value, place: apply_mirror(route, _mirrored(value, place)),
}
ANSWERING = (Redirect, DirectResponse)  # policies that answer instead of forwarding


def route_entries(
    read: TrackedLookup, route_set: RouteSet, route: Route, context: RouteContext
) -> Iterator[EnvoyRoute]:
    """Envoy's route for one of ours, and one to refuse with where a backend may not be used."""
    read.decided(route_set.object)
    place = PolicyContext(read, route_set, route.match, context)
    proto = EnvoyRoute(name=f"{route_set.object.namespace}/{route_set.object.name}/{route.name}")
    fill_match(proto.match, route.match)
    if _answers(proto, route, place):
        bare = without_port(proto, _called(context)) if proto.HasField("redirect") else None
        return iter((bare, proto) if bare is not None else (proto,))
    found = shares(read, route_set, route.backends, context)
    usable = [share for share in found if share.cluster != REFUSED]
    if not usable:
        return iter((_failing(proto),))
    refusing = _refusing(proto, found)
    return iter((*refusing, _forwarding(proto, usable, route, place)))


def _called(context: RouteContext) -> Called:
    return Called(context.port, context.secured, context.host)


def plain_entry(name: str, cluster: str) -> EnvoyRoute:
    """The route of a host that nobody wrote any for: all requests to its cluster."""
    proto = EnvoyRoute(name=name)
    fill_match(proto.match, Match())
    apply_retry(_open(proto, [Share(cluster, 1, Backend(name))]), DEFAULT)
    return proto


def _answers(proto: EnvoyRoute, route: Route, place: PolicyContext) -> bool:
    redirect = route.policies.get(Redirect)
    response = route.policies.get(DirectResponse)
    if redirect is not None:
        apply_redirect(proto, redirect, place.match, _called(place.context))
    elif response is not None:
        apply_direct_response(proto, response)
    else:
        return False
    for value in route.policies:
        if isinstance(value, Headers | Fault):
            APPLY[type(value)](proto, value, place)
    return True


def _failing(proto: EnvoyRoute) -> EnvoyRoute:
    proto.direct_response.status = 500
    proto.direct_response.body.inline_string = "gossamer: no backend of this route may be used"
    return proto


def _refusing(proto: EnvoyRoute, found: list[Share]) -> tuple[EnvoyRoute, ...]:
    """A route that takes the share of the backends which may not be used.

    A weighted cluster that does not exist would answer 500 too, but a sidecar would wait for
    its discovery with every request.
    """
    refused = sum(share.weight for share in found if share.cluster == REFUSED)
    if not refused:
        return ()
    failing = EnvoyRoute()
    failing.CopyFrom(proto)
    percent = 100 * refused / sum(share.weight for share in found)
    fill_percent(failing.match.runtime_fraction.default_value, percent)
    return (_failing(failing),)


def _open(proto: EnvoyRoute, found: list[Share]) -> EnvoyRoute:
    fill_action(proto.route, found)
    proto.route.timeout.seconds = 0
    return proto


def _forwarding(
    proto: EnvoyRoute, found: list[Share], route: Route, place: PolicyContext
) -> EnvoyRoute:
    _open(proto, found)
    retry = route.policies.get(Retry) or DEFAULT
    for value in route.policies:
        if value is not retry:
            APPLY[type(value)](proto, value, place)
    apply_retry(proto, retry)
    return proto


def _mirrored(mirror: Mirror, place: PolicyContext) -> Iterator[tuple[str, float]]:
    for target in mirror.targets:
        backend = Backend(target.host, target.port, target.subset)
        cluster = backend_cluster(place.read, place.route_set, backend, place.context)
        if cluster not in (MISSING, REFUSED):
            yield cluster, target.percent
