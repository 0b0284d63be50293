"""One virtual host's routes against one request: which takes it, and what it does with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gossamer.explain.explanation import Changes, Lost, Operations, Share
from gossamer.explain.fault import percent
from gossamer.explain.header_changes import (
    changed,
    difference,
    request_operations,
    response_operations,
)
from gossamer.explain.path import rewritten
from gossamer.explain.places import find_route, route_place
from gossamer.explain.request import Request
from gossamer.explain.route_match import why_not
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin

MISSING_CLUSTER = {0: 503, 1: 404, 2: 500}
"""RouteAction.ClusterNotFoundResponseCode."""


@dataclass(frozen=True, slots=True)
class Found:
    """The route that takes a request (None: no route does), and those that did not."""

    route: Any
    lost: tuple[Lost, ...]


def find(mesh: Mesh, host: Any, refs: tuple[ObjectRef, ...], request: Request) -> Found:
    """The first route of a virtual host that takes the request."""
    lost: dict[str, Lost] = {}
    taken = None
    for route in host.routes:
        if taken is not None:
            why = f"comes after {title(taken.name)}, which took the call"
        else:
            missed = why_not(route.match, request) or _partial(route)
            if missed is None:
                taken = route
                continue
            why = missed
        key = f"{route.name} in part" if _partial(route) else route.name
        lost.setdefault(key, Lost(title(route.name), why, place_of(mesh, refs, route.name)))
    # A route that is there twice, once for methods that may be repeated, has not lost to itself.
    kept = (each for name, each in lost.items() if taken is None or name != taken.name)
    return Found(taken, tuple(kept))


def _partial(route: Any) -> str | None:
    """Why a route that takes only a share of what matches does not decide for the rest."""
    if not route.match.HasField("runtime_fraction"):
        return None
    share = percent(route.match.runtime_fraction.default_value)
    return f"takes {share:g} % of such calls, answering {route.direct_response.status}"


def title(name: str) -> str:
    """Envoy's name of a route for people: `rule 0, match 1 of default/reviews`."""
    owner, _, route = name.rpartition("/")
    rule, dot, match = route.rpartition(".")
    return f"rule {rule}, match {match} of {owner}" if owner and dot else f"the {name} route"


def place_of(mesh: Mesh, refs: tuple[ObjectRef, ...], name: str) -> Origin | None:
    """Where the route of that name was written."""
    found = find_route(mesh, refs, name)
    return route_place(mesh, found[0], found[1].name) if found else None


@dataclass(frozen=True, slots=True)
class Aim:
    """A cluster that a route may choose, and the request as it would get there."""

    cluster: str
    percent: float
    request: Request
    changes: Changes
    response: tuple[Operations, ...]

    def share(self, **more: Any) -> Share:
        """The share of the calls that goes this way."""
        made = Share(self.cluster, self.percent, self.request.authority, self.request.path)
        return replace(made, request=self.changes, response=self.response, **more)


def aims(route: Any, request: Request) -> Iterator[Aim]:
    """The clusters of a forwarding route with their shares in percent."""
    action = route.route
    if action.WhichOneof("cluster_specifier") == "weighted_clusters":
        weighted = [w for w in action.weighted_clusters.clusters if w.weight.value]
        total = sum(w.weight.value for w in weighted)
        for each in weighted:
            yield _aim(route, request, each.name, 100.0 * each.weight.value / total, each)
    else:
        yield _aim(route, request, action.cluster, 100.0, None)


def _aim(route: Any, request: Request, cluster: str, percent: float, weighted: Any) -> Aim:
    action = route.route
    carriers = [carrier for carrier in (weighted, route) if carrier is not None]
    headers = request.headers
    for carrier in carriers:
        now = request.with_headers(headers)
        headers = changed(headers, request_operations(carrier, now))
    authority = action.host_rewrite_literal or request.authority
    if weighted is not None and weighted.host_rewrite_literal:
        authority = weighted.host_rewrite_literal
    path = rewritten(action, route.match, request.path)
    sent = replace(request, headers=headers, authority=authority, path=path)
    responses = tuple(response_operations(carrier, request) for carrier in carriers)
    kept = tuple(each for each in responses if each != Operations())
    return Aim(cluster, round(percent, 4), sent, difference(request.headers, headers), kept)
