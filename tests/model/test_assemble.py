"""Assembling: claims land, derived tables follow, and only what changed is named."""

from gossamer.model import tables
from gossamer.model.addressing.address_holder import ServiceHolder
from gossamer.model.assembly.assemble import assemble
from gossamer.model.assembly.visible import scope_of
from gossamer.model.fragment import Contribution
from gossamer.model.ids import Key, service_host
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Service,
    ServicePort,
)
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole


def a_service(name: str, target: int | str = 9080, namespace: str = "default") -> Contribution:
    ref = ObjectRef("Service", namespace, name)
    service = Service(
        ref,
        service_host(name, namespace),
        namespace,
        (ServicePort(9080, "http", Protocol.HTTP, target),),
        selector=(("app", name),),
    )
    return Contribution(ref, (service,))


def a_pod(name: str, app: str, address: str, ready: bool = True) -> Pod:
    return Pod(
        "default",
        name,
        app,
        (address,),
        labels=(("app", app), ("version", "v1")),
        ready=ready,
        role=ProxyRole.SIDECAR,
        ports=(PodPort("web", 9080),),
    )


def meshed(*contributions: Contribution, pods: tuple[Pod, ...] = ()) -> Mesh:
    mesh, _ = assemble(Mesh(), {c.object: c for c in contributions}, observed_pods(pods))
    return mesh


def test_pods_become_endpoints_of_the_services_that_select_them() -> None:
    """A pod is found by labels, its named target port is resolved, its identity is kept."""
    mesh = meshed(a_service("reviews", target="web"), pods=(a_pod("r-1", "reviews", "10.244.0.2"),))
    (endpoint,) = mesh.lookup(tables.ENDPOINTS, service_host("reviews", "default")) or ()
    assert endpoint.address == "10.244.0.2"
    assert endpoint.port(9080) == 9080
    assert endpoint.mtls
    assert endpoint.service_account == "default/default"


def test_order_of_arrival_does_not_matter() -> None:
    """Pods before their service and after it give the same mesh."""
    service, pod = a_service("reviews"), a_pod("r-1", "reviews", "10.244.0.2")
    together = meshed(service, pods=(pod,))
    pods_first, _ = assemble(Mesh(), {}, observed_pods([pod]))
    later, _ = assemble(pods_first, {service.object: service})
    assert later.facts == together.facts


def test_a_ready_pod_touches_its_own_services_only() -> None:
    """The cost of a change is the change: other services' cells stay untouched."""
    pod = a_pod("r-1", "reviews", "10.244.0.2", ready=False)
    mesh = meshed(a_service("reviews"), a_service("ratings"), pods=(pod,))
    _, change = assemble(mesh, {}, observed_pods([a_pod("r-1", "reviews", "10.244.0.2")]))
    assert change == {
        Key("pod", "default/r-1"),
        Key("endpoint", service_host("reviews", "default")),
    }


def test_equal_documents_change_nothing() -> None:
    """Applying the same again touches no cell, so nothing is pushed."""
    service = a_service("reviews")
    mesh = meshed(service)
    _, change = assemble(mesh, {service.object: service})
    assert change == frozenset()


def test_what_came_and_went_leaves_no_trace() -> None:
    """Removing everything gives the empty mesh back, derived tables included."""
    service, pod = a_service("reviews"), a_pod("r-1", "reviews", "10.244.0.2")
    mesh = meshed(service, pods=(pod,))
    empty, _ = assemble(mesh, {service.object: None}, {tables.PODS.key(pod.key): None})
    assert empty == Mesh()


def test_every_service_gets_an_address_and_keeps_it() -> None:
    """A virtual address follows from the name: others coming and going don't move it."""
    alone = meshed(a_service("reviews"))
    crowd = meshed(*(a_service(f"s{n}") for n in range(50)), a_service("reviews"))
    host = service_host("reviews", "default")
    assert alone.lookup(tables.VIRTUAL, host) == crowd.lookup(tables.VIRTUAL, host)
    (address,) = alone.lookup(tables.VIRTUAL, host) or ()
    assert alone.lookup(tables.ADDRESSES, address) == ServiceHolder(host)


def test_namespaces_without_private_matters_share_a_view() -> None:
    """A destination gives its namespace a view of its own; all others share one."""
    ref = ObjectRef("DestinationRule", "shop", "reviews")
    rule = Destination(ref, "shop", service_host("reviews", "default"))
    mesh = meshed(a_service("reviews"), Contribution(ref, (rule,)))
    assert scope_of(mesh, "shop") == "shop"
    assert scope_of(mesh, "default") == scope_of(mesh, "other") == "*"


def test_nobody_adds_endpoints_to_another_namespaces_service() -> None:
    """A foreign object that names a service's host draws none of its calls."""
    mine, foreign = (ObjectRef("ServiceEntry", namespace, "db") for namespace in ("shop", "thief"))
    ports = (ServicePort(80, "http", Protocol.HTTP, 80),)
    service = Service(mine, "db.example.com", "shop", ports)
    own, theirs = Endpoint("192.0.2.1", ((80, 80),)), Endpoint("192.0.2.66", ((80, 80),))
    mesh, _ = assemble(
        Mesh(),
        {
            mine: Contribution(mine, (service, DeclaredEndpoints(mine, service.host, (own,)))),
            foreign: Contribution(foreign, (DeclaredEndpoints(foreign, service.host, (theirs,)),)),
        },
    )
    assert mesh.lookup(tables.ENDPOINTS, service.host) == (own,)
