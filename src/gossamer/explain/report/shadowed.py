"""Whole objects that speak of the host and lost to another, and why."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.routes.hosts import find_target
from gossamer.contract.route_names import parse_virtual_host
from gossamer.explain.places import object_place
from gossamer.explain.report.explanation import Lost
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.model import tables
from gossamer.model.assembly.visible import patterns
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.route import RouteSet


def other_claims(
    config: ProxyConfig, virtual_host: str, winners: tuple[ObjectRef, ...]
) -> Iterator[Lost]:
    """The route sets of the mesh that name a virtual host `PORT/HOST` without ruling it."""
    name = parse_virtual_host(virtual_host)
    if name is None:
        return
    namespace = config.pod.namespace
    target = find_target(TrackedLookup(config.mesh), name.host, namespace)
    for claim in _claims(config.mesh, target.host if target else name.host):
        loser = claim[1].object
        if loser not in winners:
            yield Lost(
                str(loser),
                _why(claim, name.port, namespace, winners),
                object_place(config.mesh, loser),
            )


def _claims(mesh: Mesh, host: str) -> Iterator[tuple[str, RouteSet]]:
    seen: set[ObjectRef] = set()
    for pattern in patterns(host):
        for claim in mesh.lookup(tables.ROUTES, pattern) or ():
            if claim.object not in seen:
                seen.add(claim.object)
                yield pattern, claim


def _why(
    claim: tuple[str, RouteSet], port: int, namespace: str, winners: tuple[ObjectRef, ...]
) -> str:
    pattern, routes = claim
    if not routes.visible_in(namespace, pattern):
        return f"is not visible in namespace {namespace}"
    if routes.port not in (None, port):
        return f"is for port {routes.port}"
    ruling = ", ".join(str(ref) for ref in winners)
    return (
        f"applies to this host too and loses to {ruling}: the narrower host wins, then Gateway API "
        "over Istio over SMI, then the older, then by name"
    )
