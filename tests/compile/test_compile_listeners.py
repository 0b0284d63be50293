"""Listeners: which connections are told apart, and what follows from a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import OutboundView, view_of
from gossamer.explain.walk.filter_chain import TLS, IncomingConnection
from gossamer.explain.walk.inspection import as_seen
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.connection_pool import ConnectionPool
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.settings import OutboundTraffic
from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Resolution,
    Service,
)
from gossamer.model.workload.pod import Discovery
from tests.compile.reviews_mesh import (
    DB,
    a_destination,
    a_mesh,
    a_pod,
    a_service,
    an_external,
    bookish,
    built,
    built_for,
    compiled,
    mtls,
    settings,
)

ON_DEMAND = OutboundView("*", Discovery.ON_DEMAND)
POD = a_pod("reviews-1", "reviews", "10.244.0.2")


def outbound(mesh: Mesh, view: OutboundView = ON_DEMAND) -> Any:
    return built(mesh, view, ResourceType.LISTENER, "outbound")


def inbound(mesh: Mesh) -> Any:
    return built_for(mesh, POD, ResourceType.LISTENER, "inbound")


def names(listener: Any) -> list[str]:
    return [chain.name for chain in listener.filter_chains]


def matched(listener: Any, name: str) -> Any:
    return next(c for c in listener.filter_chains if c.name == name).filter_chain_match


def ranges(listener: Any, name: str) -> list[str]:
    return [p.address_prefix for p in matched(listener, name).prefix_ranges]


def test_ports_are_told_apart_and_services_are_not() -> None:
    """One chain for an HTTP port however many services share it, none for plain TCP."""
    one = names(outbound(bookish()))
    more = bookish(
        a_service("ratings", (9080, Protocol.HTTP)), a_service("mq", (5672, Protocol.TCP))
    )
    assert one == names(outbound(more)) == ["own|15001", "http|9080", "mesh"]


def test_tcp_on_an_http_port_is_told_by_its_address() -> None:
    """Bytes and requests on one port number: the address decides."""
    proto = outbound(bookish(a_service("raw", (9080, Protocol.TCP), address="10.96.0.30")))
    chain = "tcp|9080|raw.default.svc.cluster.local"
    assert ranges(proto, chain) == ["10.96.0.30"]
    assert "10.96.0.0" in ranges(proto, "http|9080")


def test_headless_tcp_on_an_http_port_is_told_by_each_of_its_pods() -> None:
    """A dialled pod is that pod, by IPv4 and IPv6, ready or not; no other takes its place."""
    raw = a_service("raw", (9080, Protocol.TCP), headless=True)
    both = ("10.244.0.30", "fd00:10:244::30")
    one = replace(a_pod("raw-1", "raw", both[0]), addresses=both)
    two = replace(a_pod("raw-2", "raw", "10.244.0.31"), ready=False)
    proto = outbound(bookish(raw, pods=(one, two)))
    for address in ("10.244.0.30", "fd00:10:244::30", "10.244.0.31"):
        assert ranges(proto, f"tcp|9080|{address}") == [address]
        chain = next(c for c in proto.filter_chains if c.name == f"tcp|9080|{address}")
        assert b"tcp|%DOWNSTREAM_LOCAL_ADDRESS%" in chain.filters[0].typed_config.value


def test_endpoints_that_are_no_pods_are_reached_where_they_are_dialled() -> None:
    """Written down for a headless service: HTTP by its rules, bytes to the one that was dialled."""
    web = a_service("web", (9080, Protocol.HTTP), headless=True, selector=None)
    raw = a_service("raw", (9081, Protocol.TCP), headless=True, selector=None)
    proto = outbound(bookish(web, raw, written(web, "192.0.2.8"), written(raw, "192.0.2.9")))
    assert "192.0.2.8" in ranges(proto, "http|9080")
    assert ranges(proto, f"tcp|9081|{raw.host}") == ["192.0.2.9"]
    chain = next(c for c in proto.filter_chains if c.name == f"tcp|9081|{raw.host}")
    assert b"passthrough" in chain.filters[-1].typed_config.value


def test_one_address_written_down_twice_is_in_one_chain() -> None:
    """Envoy refuses a listener in which two chains match the same."""
    web = a_service("web", (9080, Protocol.HTTP), headless=True, selector=None)
    raw = a_service("raw", (9080, Protocol.TCP), headless=True, selector=None)
    again = a_service("again", (9080, Protocol.TCP), address="10.96.0.77")
    where = ("192.0.2.8", "10.96.0.77")
    proto = outbound(bookish(web, raw, again, written(web, where[0]), written(raw, *where)))
    matching = [
        each for c in proto.filter_chains if "9080" in c.name for each in ranges(proto, c.name)
    ]
    assert len(matching) == len(set(matching))


def written(service: Service, *addresses: str) -> DeclaredEndpoints:
    """Endpoints that an author wrote down for a service's first port."""
    number = service.ports[0].number
    ref = ObjectRef("EndpointSlice", service.namespace, service.object.name, "discovery.k8s.io")
    behind = tuple(Endpoint(address, ((number, number),)) for address in addresses)
    return DeclaredEndpoints(ref, service.host, behind)


def test_declared_addresses_outside_are_the_meshs_business() -> None:
    """A ServiceEntry's own addresses are routed, for HTTP and for bytes."""
    web = an_external("api.example.com", 9080, Protocol.HTTP, Resolution.ENDPOINTS)
    raw = an_external("db.example.com", 5432, Protocol.TCP, Resolution.ENDPOINTS)
    web, raw = replace(web, addresses=("192.0.2.8",)), replace(raw, addresses=("192.0.2.9",))
    proto = outbound(bookish(web, raw))
    assert "192.0.2.8" in ranges(proto, "http|9080")
    assert ranges(proto, "tcp|5432|db.example.com") == ["192.0.2.9"]


def test_an_idle_timeout_needs_a_chain_of_its_own() -> None:
    """How long bytes may rest is a matter of the listener."""
    pool = ConnectionPool(tcp_idle_timeout=timedelta(seconds=9))
    proto = outbound(bookish(a_destination(DB, pool)), OutboundView("default", Discovery.ON_DEMAND))
    assert f"tcp|3306|{DB}" in names(proto)


def test_the_outside_is_open_or_shut() -> None:
    """What nobody declared passes by default and is closed under REGISTRY_ONLY."""
    opened, shut = outbound(bookish()), outbound(bookish(settings(OutboundTraffic.REGISTRY_ONLY)))
    clusters = [m.default_filter_chain.filters[-1].typed_config.value for m in (opened, shut)]
    assert b"passthrough" in clusters[0]
    assert b"blackhole" in clusters[1]


def test_an_eager_proxy_has_route_configurations_of_its_own() -> None:
    """So that both kinds share every other resource."""
    eager = outbound(bookish(), OutboundView("*", Discovery.EAGER))
    http = next(c for c in eager.filter_chains if c.name == "http|9080")
    assert b"eager|9080" in http.filters[0].typed_config.value


def listener_filters(mesh: Mesh) -> str:
    return str(list(inbound(mesh).listener_filters))


def test_listener_filters_stay_as_services_come_and_go() -> None:
    """A change there drains every connection of a listener: only a mode without mTLS makes one."""
    more = a_service("more", (7070, Protocol.HTTP), (7071, Protocol.TCP), selector=POD.labels)
    meshes = [bookish(), bookish(more), bookish(mtls(MtlsMode.STRICT))]
    assert len({listener_filters(mesh) for mesh in meshes}) == 1


def looked_at(mesh: Mesh, *ports: int) -> list[int]:
    """The ports among these on which TLS is looked for."""
    proto = inbound(mesh)
    spoken = [IncomingConnection("10.244.0.2", port, TLS) for port in ports]
    return [each.port for each in spoken if as_seen(proto, each).transport == TLS]


def test_nobody_looks_for_tls_where_none_is_taken() -> None:
    """So a server that speaks first need not wait for its caller."""
    only = (9080, MtlsMode.DISABLE)
    assert looked_at(bookish(), 9080, 7777) == [9080, 7777]
    assert looked_at(bookish(mtls(MtlsMode.DISABLE)), 9080, 7777) == []
    some = bookish(mtls(MtlsMode.PERMISSIVE, only, app="reviews"))
    assert looked_at(some, 9080, 7777) == [7777]
    other = bookish(mtls(MtlsMode.DISABLE, (9080, MtlsMode.STRICT), app="reviews"))
    assert looked_at(other, 9080, 7777) == [9080]


def patience(*ports: tuple[int, Protocol], mode: MtlsMode = MtlsMode.PERMISSIVE) -> timedelta:
    service = a_service("reviews", *ports)
    mesh = a_mesh(service, mtls(mode), pods=(POD,))
    proto: timedelta = inbound(mesh).listener_filters_timeout.ToTimedelta()
    return proto


def test_a_wait_for_the_server_is_short() -> None:
    """Where bytes are taken in plaintext and in mesh TLS; requests never wait for the server."""
    assert patience((3306, Protocol.TCP)) < timedelta(seconds=0.1)
    assert patience((80, Protocol.HTTP), (3306, Protocol.TCP)) < timedelta(seconds=0.1)
    assert patience((80, Protocol.HTTP)) > timedelta(seconds=1)
    assert patience((3306, Protocol.TCP), mode=MtlsMode.STRICT) > timedelta(seconds=1)


def test_modes_decide_what_is_accepted() -> None:
    """PERMISSIVE takes both, STRICT mutual TLS alone, DISABLE plaintext alone."""

    def kinds(mode: MtlsMode) -> set[str]:
        all_names = names(inbound(bookish(mtls(mode))))
        return {name.partition("|")[2] for name in all_names if name.startswith(("9080", "other"))}

    assert kinds(MtlsMode.STRICT) == {"mtls", "mtls-tcp"}
    assert kinds(MtlsMode.DISABLE) == {"plain"}
    assert kinds(MtlsMode.PERMISSIVE) == {"mtls", "mtls-tcp", "plain", "own-tls"}


def test_a_ports_mode_is_its_own() -> None:
    """Also of a port that no service leads to."""
    policy = mtls(
        MtlsMode.STRICT, (9080, MtlsMode.DISABLE), (81, MtlsMode.PERMISSIVE), app="reviews"
    )
    result = names(inbound(bookish(policy)))
    assert [name for name in result if name.startswith("9080")] == ["9080|plain"]
    assert "81|plain" in result
    assert "other|plain" not in result


def test_inbound_has_no_way_around() -> None:
    """What matches no chain is closed: a default chain would undo STRICT."""
    assert not inbound(bookish()).HasField("default_filter_chain")


def test_pods_of_a_workload_share_their_bytes() -> None:
    """Two instances get the very same inbound and outbound side."""
    twin = replace(POD, name="reviews-2", addresses=("10.244.0.9",))
    mesh = bookish(pods=(twin,))
    for name in ("inbound", "outbound"):
        protos = [
            compiled(
                mesh, view_of(mesh, pod, ResourceType.LISTENER, name), ResourceType.LISTENER, name
            )
            for pod in (POD, twin)
        ]
        assert protos[0].body == protos[1].body
        assert protos[0].body


def test_pods_do_not_touch_listeners() -> None:
    """Instances come and go without a listener being looked at."""
    for name in ("inbound", "outbound"):
        mesh = bookish()
        view = view_of(mesh, POD, ResourceType.LISTENER, name)
        reads = compiled(mesh, view, ResourceType.LISTENER, name).reads
        assert not {key.table for key in reads} & {"pod", "endpoint", "member"}


def test_undeclared_ports_have_listeners_of_their_own() -> None:
    """So the outbound listener's filters never change, nor itself as such services come and go."""
    one = a_service("one", (3000, Protocol.UNDECLARED), address="10.96.0.40")
    two = a_service("two", (3000, Protocol.UNDECLARED), address="10.96.0.41")
    tcp = a_service("three", (3000, Protocol.TCP), address="10.96.0.42")
    view = ON_DEMAND
    assert outbound(bookish()) == outbound(bookish(one)) == outbound(bookish(one, two))
    proto = built(bookish(one), view, ResourceType.LISTENER, "outbound|3000")
    assert proto == built(bookish(one, two), view, ResourceType.LISTENER, "outbound|3000")
    assert names(proto) == ["http-found|3000", "bytes|3000"]
    assert not proto.bind_to_port.value
    beside = built(bookish(one, tcp), view, ResourceType.LISTENER, "outbound|3000|tcp")
    assert beside.address.socket_address.address == "10.96.0.42"
    assert list(beside.listener_filters) == []
    assert built(bookish(), view, ResourceType.LISTENER, "outbound|3000") is None


def test_an_undeclared_ports_listener_looks_at_its_own_services() -> None:
    """A change of other services touches it no more than the mesh's size."""
    mesh = bookish(a_service("one", (3000, Protocol.UNDECLARED), address="10.96.0.40"))
    reads = compiled(mesh, ON_DEMAND, ResourceType.LISTENER, "outbound|3000").reads
    assert not [key for key in reads if key.table == "service"]
