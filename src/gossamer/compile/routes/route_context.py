"""What routes are compiled for: one proxy's side of one port."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.traffic.route import MESH, Match, Route, RouteSet
from gossamer.model.workload.labels import Labels, selects


@dataclass(frozen=True, slots=True)
class RouteContext:
    """A caller's namespace and labels, the port it called, and the parent it came by.

    `parent` is `mesh` or a gateway's id; `host` the one that all its requests name, at a gateway
    that knows it; `secured` says whether they come by TLS.
    """

    namespace: str
    labels: Labels
    port: int
    parent: str = MESH
    host: str = ""
    secured: bool = False


def applies(route_set: RouteSet, route: Route, context: RouteContext) -> bool:
    """Whether a route can hold here at all: its gateways, port, source labels and namespace."""
    match: Match = route.match
    gateways = match.gateways or tuple(parent.partition("#")[0] for parent in route_set.parents)
    return (
        context.parent in gateways
        and match.port in (None, context.port)
        and selects(match.source_labels, context.labels)
        and match.source_namespace in (None, context.namespace)
    )
