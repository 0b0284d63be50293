"""All that a proxy could come to hold: what it gets as wildcard, could ask for, and what those
need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.compile.engine.compiled import Need
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView, OutboundView, View, views_of
from gossamer.compile.engine.wildcard_names import wildcard_names_of
from gossamer.compile.lookup.gateways import route_config_name, served
from gossamer.compile.lookup.outbound_ports import routed_ports
from gossamer.compile.routes.configurations import visible
from gossamer.contract.cluster_names import outbound_name
from gossamer.contract.route_names import SidecarRoutes, virtual_host_name
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

Bodies = dict[Need, bytes]


def all_bodies(mesh: Mesh, pod: Pod, asked: Iterable[str] = ()) -> Bodies:
    """Resource type and name -> body; `asked` are virtual hosts as a caller writes them."""
    bodies: Bodies = {}
    views = views_of(mesh, pod)
    names = {name for side in views.sides() for name in names_at(mesh, side)}
    if pod.role is ProxyRole.SIDECAR:
        names |= {(ResourceType.VIRTUAL_HOST, name) for name in asked}
    seen: set[Need] = set()
    while names:
        kind, name = names.pop()
        seen.add((kind, name))
        compiled = compile_resource(mesh, views.of(kind, name), kind, name)
        names |= set(compiled.needs) - seen
        if compiled.body is not None:
            bodies[kind, name] = compiled.body
    return bodies


def names_at(mesh: Mesh, side: View) -> Iterator[Need]:
    """What a side of a proxy gets as wildcard, and could ask for by the names that the mesh
    knows."""
    for kind in ResourceType:
        yield from ((kind, name) for name in wildcard_names_of(mesh, side, kind).names)
    if isinstance(side, GatewayView):
        yield from (
            (ResourceType.ROUTE, route_config_name(one))
            for one in served(TrackedLookup(mesh), side)
        )
    elif isinstance(side, OutboundView):
        ports = routed_ports(TrackedLookup(mesh), side.scope)
        yield from ((ResourceType.ROUTE, str(SidecarRoutes(port))) for port in ports)
        yield from _services(mesh, side.scope)


def _services(mesh: Mesh, scope: str) -> Iterator[Need]:
    """The virtual hosts of HTTP ports by full name, the clusters of others."""
    for service in visible(TrackedLookup(mesh), scope):
        for port in service.ports:
            if port.protocol.may_be_http:
                yield ResourceType.VIRTUAL_HOST, virtual_host_name(port.number, service.host)
            if not port.protocol.is_http:
                yield ResourceType.CLUSTER, outbound_name(port.number, service.host)
                yield ResourceType.ENDPOINTS, outbound_name(port.number, service.host)
