"""Small meshes made by hand: services, pods, destinations, as `assemble` would get them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import BUILDERS, compile_resource
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View, view_of
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import Contribution, Fragment
from gossamer.model.ids import service_host
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.settings import OutboundTraffic, Settings
from gossamer.model.traffic.destination import Destination, Subset
from gossamer.model.traffic.service import Protocol, Resolution, Service, ServicePort
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole
from gossamer.model.workload.workload_policy import WorkloadPolicy

REVIEWS = service_host("reviews", "default")
DB = service_host("db", "default")
REVIEWS_VIP, DB_VIP = "10.96.0.10", "10.96.0.11"


def added(fragment: Any, *more: Fragment) -> Contribution:
    """One object that adds these fragments."""
    return Contribution(fragment.object, (fragment, *more))


def a_service(
    name: str,
    *ports: tuple[int, Protocol],
    address: str = "",
    namespace: str = "default",
    **more: Any,
) -> Service:
    """A service that selects `app: NAME`; each port's target is its own number."""
    return replace(
        Service(
            ObjectRef("Service", namespace, name),
            service_host(name, namespace),
            namespace,
            tuple(ServicePort(n, f"{p.lower()}-{n}", p, n) for n, p in ports),
            addresses=(address,) if address else (),
            selector=labels({"app": name}),
        ),
        **more,
    )


def an_external(host: str, port: int, protocol: Protocol, resolution: Resolution) -> Service:
    """A host outside, as a ServiceEntry declares it."""
    return Service(
        ObjectRef("ServiceEntry", "default", host.partition(".")[0], "networking.istio.io"),
        host,
        "default",
        (ServicePort(port, "outside", protocol, port),),
        resolution=resolution,
        external=True,
    )


def a_pod(name: str, app: str, address: str, **more: Any) -> Pod:
    """A meshed pod of the workload `APP-v1`."""
    proto = Pod(
        "default",
        name,
        f"{app}-v1",
        (address,),
        labels=labels({"app": app, "version": "v1"}),
        service_account=app,
        role=ProxyRole.SIDECAR,
        ports=(PodPort("web", 9080),),
    )
    return replace(proto, **more)


def a_destination(host: str, *values: Any, subsets: tuple[Subset, ...] = ()) -> Destination:
    """What the author of namespace `default` says of a host."""
    ref = ObjectRef("DestinationRule", "default", host.partition(".")[0], "networking.istio.io")
    return Destination(ref, "default", host, policies(*values), subsets=subsets)


def mtls(mode: MtlsMode, *by_port: tuple[int, MtlsMode], app: str = "") -> WorkloadPolicy:
    """A mode for the namespace `default`, or for one app of it."""
    return WorkloadPolicy(
        ObjectRef("PeerAuthentication", "default", app or "all", "security.istio.io"),
        "default",
        labels({"app": app}) if app else (),
        policies(Mtls(mode)),
        tuple((port, policies(Mtls(one))) for port, one in by_port),
    )


def settings(outbound: OutboundTraffic, **more: Any) -> Settings:
    """Mesh-wide settings."""
    return Settings(ObjectRef("MeshConfig", "istio-system", "istio"), outbound, **more)


def a_mesh(*fragments: Any, pods: tuple[Pod, ...] = (), roots: bytes = b"ROOTS") -> Mesh:
    """A mesh of these objects and pods."""
    objects = {fragment.object: added(fragment) for fragment in fragments}
    mesh, _ = assemble(Mesh(), objects, observed_pods(pods))
    return replace(mesh, facts=mesh.facts.set(tables.ROOTS.key("*"), roots))


def bookish(*more: Any, pods: tuple[Pod, ...] = ()) -> Mesh:
    """Two services, HTTP `reviews` and TCP `db`, one meshed pod each, and what is added."""
    return a_mesh(
        a_service("reviews", (9080, Protocol.HTTP), address=REVIEWS_VIP),
        a_service("db", (3306, Protocol.TCP), address=DB_VIP),
        *more,
        pods=(
            a_pod("reviews-1", "reviews", "10.244.0.2"),
            a_pod("db-1", "db", "10.244.0.3"),
            *pods,
        ),
    )


def compiled(mesh: Mesh, view: View, kind: ResourceType, name: str) -> Compiled:
    """The resource as the plane would get it."""
    return compile_resource(mesh, view, kind, name)


def built(mesh: Mesh, view: View, kind: ResourceType, name: str) -> Any:
    """The resource as its builder returns it."""
    return BUILDERS[kind](TrackedLookup(mesh), view, name)


def built_for(mesh: Mesh, pod: Pod, kind: ResourceType, name: str) -> Any:
    """The resource as one pod's proxy gets it."""
    return built(mesh, view_of(mesh, pod, kind, name), kind, name)
