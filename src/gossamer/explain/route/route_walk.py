"""One virtual host's routes against one request: which takes it, and what it does with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from envoy.config.route.v3.route_components_pb2 import (
    Route,
    RouteAction,
    RouteMatch,
    VirtualHost,
    WeightedCluster,
)

from gossamer.compile.http_filters.connect import CONNECT
from gossamer.explain.places import route_places
from gossamer.explain.report.explanation import Changes, HeaderOperations, Lost, TrafficShare
from gossamer.explain.route.fault import percent
from gossamer.explain.route.header_changes import (
    Carrier,
    changed,
    difference,
    request_operations,
    response_operations,
)
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.route.route_match import why_not
from gossamer.explain.walk.path import rewritten
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin

_Code = RouteAction.ClusterNotFoundResponseCode
MISSING_CLUSTER: Mapping[RouteAction.ClusterNotFoundResponseCode.ValueType, int] = {
    _Code.SERVICE_UNAVAILABLE: 503,
    _Code.NOT_FOUND: 404,
    _Code.INTERNAL_SERVER_ERROR: 500,
}


@dataclass(frozen=True, slots=True)
class Found:
    """The route that takes a request (None: no route does), and those that did not.

    `before` are routes that take only a percentage of such requests first, with that share of
    all; `percent` is what they leave.
    """

    route: Route | None
    lost: tuple[Lost, ...]
    before: tuple[tuple[Route, float], ...] = ()
    percent: float = 100.0


def find(
    mesh: Mesh, host: VirtualHost, refs: tuple[ObjectRef, ...], request: ExplainedRequest
) -> Found:
    """The first route of a virtual host that takes the request."""
    lost: dict[str, Lost] = {}
    taken: Route | None = None
    before, left = list[tuple[Route, float]](), 100.0
    places = route_places(mesh, refs)
    for route in host.routes:
        if route.match.HasField("connect_matcher") != (request.method == CONNECT):
            continue  # of two worlds: CONNECT has no path, and all else no route of its kind
        if taken is not None:
            why = f"comes after {title(taken.name)}, which matched the call"
        else:
            missed = why_not(route.match, request)
            if missed is None:
                part = left * fraction(route.match) / 100
                left -= part
                if left > 0:
                    before.append((route, part))
                    part_of = Lost(title(route.name), _partly(route), places.get(route.name))
                    lost[f"{route.name} in part"] = part_of
                else:
                    taken, left = route, part
                continue
            why = missed
        lost.setdefault(route.name, Lost(title(route.name), why, places.get(route.name)))
    # A route that is defined twice, once for methods that may be repeated, has not lost to itself.
    kept = (each for name, each in lost.items() if taken is None or name != taken.name)
    return Found(taken, tuple(kept), tuple(before), left)


def _partly(route: Route) -> str:
    share, status = fraction(route.match), route.direct_response.status
    return f"takes {share:g} % of such calls, answering {status}"


def fraction(match: RouteMatch) -> float:
    """Of the requests that a match would take, the percentage that it does take."""
    if not match.HasField("runtime_fraction"):
        return 100.0
    return percent(match.runtime_fraction.default_value)


def title(name: str) -> str:
    """Envoy's name of a route for people: `rule 0, match 1 of default/reviews`."""
    owner, _, route = name.rpartition("/")
    rule, dot, match = route.rpartition(".")
    return f"rule {rule}, match {match} of {owner}" if owner and dot else f"the {name} route"


def place_of(mesh: Mesh, refs: tuple[ObjectRef, ...], name: str) -> Origin | None:
    """Where the route of that name was written."""
    return route_places(mesh, refs).get(name)


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """A cluster that a route may choose, and the request as it would get there."""

    cluster: str
    percent: float
    request: ExplainedRequest
    changes: Changes
    response: tuple[HeaderOperations, ...]

    def share(self, **more: Any) -> TrafficShare:
        """The share of the calls that goes this way."""
        share = TrafficShare(self.cluster, self.percent, self.request.authority, self.request.path)
        return replace(share, request=self.changes, response=self.response, **more)


def targets(
    route: Route, request: ExplainedRequest, whole: float, at_address: str
) -> Iterator[RequestTarget]:
    """The clusters of a forwarding route, sharing that percentage of the calls.

    `at_address` is the one for the address that was dialled, which some routes ask for.
    """
    action = route.route
    if action.WhichOneof("cluster_specifier") == "weighted_clusters":
        weighted = [w for w in action.weighted_clusters.clusters if w.weight.value]
        total = sum(w.weight.value for w in weighted)
        for each in weighted:
            name = each.name or at_address
            yield _aim(route, request, name, whole * each.weight.value / total, each)
    else:
        yield _aim(route, request, action.cluster or at_address, whole, None)


def _aim(
    route: Route,
    request: ExplainedRequest,
    cluster: str,
    share: float,
    weighted: WeightedCluster.ClusterWeight | None,
) -> RequestTarget:
    sent, carriers = request, list[Carrier]([route])
    if weighted is not None:
        carriers.insert(0, weighted)
        sent = _mutated(weighted, sent, weighted.host_rewrite_literal)
    # Formats of the route see the host as its cluster has changed it, and the path as it came.
    sent = _mutated(route, sent, route.route.host_rewrite_literal)
    sent = replace(sent, path=rewritten(route.route, route.match, request.path))
    responses = tuple(response_operations(carrier, sent) for carrier in carriers)
    kept = tuple(each for each in responses if each != HeaderOperations())
    return RequestTarget(
        cluster, round(share, 4), sent, difference(request.headers, sent.headers), kept
    )


def _mutated(carrier: Carrier, request: ExplainedRequest, host: str) -> ExplainedRequest:
    headers = changed(request.headers, request_operations(carrier, request))
    return replace(request, headers=headers, authority=host or request.authority)
