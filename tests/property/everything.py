"""Everything that proxies of a mesh may get: compiled, whether somebody asks or not."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.routes.configurations import visible
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.mesh import Mesh
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Discovery, Pod, PodPort, ProxyRole
from tests.poison.thousand import gateway_pod

Name = tuple[ResourceType, str]
APP = labels({"app": "reviews", "version": "v1"})
EAGER = Pod(
    "shop",
    "eager",
    "reviews",
    ("10.244.0.7",),
    APP,
    role=ProxyRole.SIDECAR,
    discovery=Discovery.EAGER,
    ports=(PodPort("web", 8080),),
    host="here",
)
CLIENT = Pod("shop", "client", "client", ("10.244.0.8",), role=ProxyRole.SIDECAR, host="here")
PODS = (gateway_pod(), EAGER, CLIENT)


def compile_everything(mesh: Mesh) -> int:
    """Compile all that the three pods hold, need or could ask for; how many resources."""
    return sum(1 for pod in PODS for _ in everything_of(mesh, pod))


def everything_of(mesh: Mesh, pod: Pod) -> Iterator[tuple[ResourceType, str, Compiled]]:
    """All that one pod's proxy holds, needs or could ask for."""
    waiting: list[Name] = [(ResourceType.VIEWS, f"{pod.name}.{pod.namespace}")]
    waiting += [
        (kind, name) for kind in ResourceType for name in wildcard_names(mesh, pod, kind).names
    ]
    waiting += _routes(mesh, pod)
    waiting += _could_ask(mesh, pod)
    seen: set[Name] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted not in seen:
            seen.add(wanted)
            kind, name = wanted
            made = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name)
            waiting += made.needs
            yield kind, name, made


def _routes(mesh: Mesh, pod: Pod) -> Iterator[Name]:
    for gateway in mesh.lookup(tables.GATEWAYS, EVERYWHERE) or ():
        for listener in gateway.listeners:
            yield ResourceType.ROUTE, f"gateway|{listener.port}"
            yield ResourceType.ROUTE, f"gateway|{listener.port}|{gateway.id}#{listener.name}"
    if pod.discovery is Discovery.EAGER:
        ports = {
            port.number for s in visible(TrackedLookup(mesh), pod.namespace) for port in s.ports
        }
        yield from ((ResourceType.ROUTE, f"eager|{port}") for port in sorted(ports))


def _could_ask(mesh: Mesh, pod: Pod) -> Iterator[Name]:
    for service in visible(TrackedLookup(mesh), pod.namespace):
        for port in service.ports:
            yield ResourceType.VIRTUAL_HOST, f"{port.number}/{service.host}"
            yield ResourceType.CLUSTER, f"outbound|{port.number}||{service.host}"
            yield ResourceType.ENDPOINTS, f"outbound|{port.number}||{service.host}"
            for address in mesh.lookup(tables.VIRTUAL, service.host) or ():
                yield ResourceType.CLUSTER, f"tcp|{address}:{port.number}"
        yield ResourceType.NAMES, service.host
