"""All that a proxy could come to hold: what it gets unasked, could ask for, and what those need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.compile.compiled import Need
from gossamer.compile.compiler import compile_resource
from gossamer.compile.gateways import route_config_name, served
from gossamer.compile.held import held
from gossamer.compile.kinds import Kind
from gossamer.compile.outbound_ports import routed_ports
from gossamer.compile.reads import Reader
from gossamer.compile.routes.configurations import visible
from gossamer.compile.views import Front, view_of
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod, ProxyRole
from gossamer.model.visible import scope_of

Bodies = dict[Need, bytes]


def all_bodies(mesh: Mesh, pod: Pod, asked: Iterable[str] = ()) -> Bodies:
    """Kind and name -> body; `asked` are virtual hosts as a caller writes them."""
    found: Bodies = {}
    names = {*_unasked(mesh, pod), *_could_ask(mesh, pod, asked)}
    seen: set[Need] = set()
    while names:
        kind, name = names.pop()
        seen.add((kind, name))
        compiled = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name)
        names |= set(compiled.needs) - seen
        if compiled.body is not None:
            found[kind, name] = compiled.body
    return found


def _unasked(mesh: Mesh, pod: Pod) -> Iterator[Need]:
    for kind in Kind:
        yield from ((kind, name) for name in held(mesh, pod, kind).names)


def _could_ask(mesh: Mesh, pod: Pod, asked: Iterable[str]) -> Iterator[Need]:
    if pod.role is ProxyRole.GATEWAY:
        view = view_of(mesh, pod, Kind.LISTENER, "gateway|")
        assert isinstance(view, Front)
        yield from ((Kind.ROUTE, route_config_name(one)) for one in served(Reader(mesh), view))
    elif pod.role is ProxyRole.SIDECAR:
        scope = scope_of(mesh, pod.namespace)
        yield from ((Kind.ROUTE, str(port)) for port in routed_ports(Reader(mesh), scope))
        yield from ((Kind.VIRTUAL_HOST, name) for name in asked)
        yield from _services(mesh, scope)


def _services(mesh: Mesh, scope: str) -> Iterator[Need]:
    """The virtual hosts of HTTP ports by full name, the clusters of others."""
    for service in visible(Reader(mesh), scope):
        for port in service.ports:
            if port.protocol.may_be_http:
                yield Kind.VIRTUAL_HOST, f"{port.number}/{service.host}"
            if not port.protocol.is_http:
                yield Kind.CLUSTER, f"outbound|{port.number}||{service.host}"
                yield Kind.ENDPOINTS, f"outbound|{port.number}||{service.host}"
