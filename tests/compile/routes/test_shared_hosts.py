"""Hosts that several ServiceEntries declare, and entries that name a pod's own address."""

from __future__ import annotations

from dataclasses import replace

from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.observed import observed_pods
from tests.compile.routes.manifest_texts import documents, pod, service, spec
from tests.compile.routes.route_calls import SmallMesh, small_mesh

CLIENT = pod("client")
PLAIN = (
    "hosts: [api.example.com]\nresolution: DNS\nports: [{number: 80, name: http, protocol: HTTP}]"
)
SECURE = PLAIN.replace("80, name: http, protocol: HTTP", "443, name: tls, protocol: TLS")
HOST = "api.example.com"


def pair(first: str, second: str) -> str:
    return documents(CLIENT, spec("ServiceEntry", first, "a"), spec("ServiceEntry", second, "b"))


def told(mesh: SmallMesh) -> set[tuple[str, str]]:
    """Code and object of each finding about what the objects mean together."""
    findings = check_all(mesh.mesh, mesh.mesh.contributions.values())
    return {(finding.code, finding.origin.object.name) for finding in findings}


def test_the_ports_of_two_entries_are_one_hosts() -> None:
    """One address, one name, each entry's port behind it, and nothing to say of it."""
    mesh = small_mesh(pair(PLAIN, SECURE))
    (address,) = mesh.mesh.lookup(tables.VIRTUAL, HOST) or ()
    for cluster, port in ((f"outbound|80||{HOST}", 80), (f"tcp|{address}:443", 443)):
        (group,) = mesh.message(ResourceType.CLUSTER, cluster).load_assignment.endpoints
        where = group.lb_endpoints[0].endpoint.address.socket_address
        assert (where.address, where.port_value) == (HOST, port)
    assert told(mesh) == set()


def test_entries_that_cannot_merge_are_told_of_both() -> None:
    """Whoever reads either object learns that the other has the host, or has no effect."""
    mesh = small_mesh(pair(PLAIN, SECURE.replace("DNS", "NONE")))
    assert told(mesh) == {("duplicate-host", "a"), ("duplicate-host", "b")}
    assert mesh.message(ResourceType.CLUSTER, f"outbound|443||{HOST}") is None


def test_endpoints_of_an_entry_that_does_not_count_are_called_by_nobody() -> None:
    """They would stand behind a port that means something else."""
    static = PLAIN.replace("DNS", "STATIC") + "\nendpoints: [{address: 192.0.2.9}]"
    mesh = small_mesh(pair(PLAIN, static))
    endpoints = mesh.mesh.lookup(tables.ENDPOINTS, HOST) or ()
    assert [endpoint.address for endpoint in endpoints] == [HOST]


def test_an_entry_that_goes_takes_its_port_along() -> None:
    """And what is left is as if it had never been."""
    mesh = small_mesh(pair(PLAIN, SECURE)).mesh
    (gone,) = (ref for ref in mesh.contributions if ref.name == "b")
    after, _ = assemble(mesh, {gone: None})
    (left,) = after.lookup(tables.SERVICES, HOST) or ()
    assert [port.number for port in left.ports] == [80]
    assert left.also == ()


def subscription(address: str, namespace: str = "default") -> str:
    """An entry whose endpoint is that address."""
    text = f"""
    hosts: [billing.internal]
    location: MESH_INTERNAL
    resolution: STATIC
    ports: [{{number: 80, name: http, protocol: HTTP, targetPort: 8080}}]
    endpoints: [{{address: {address}}}]
    """
    return spec("ServiceEntry", text, namespace=namespace)


def inbound(mesh: SmallMesh) -> list[str]:
    """The chains of the server's inbound listener."""
    proto = mesh.message(ResourceType.LISTENER, "inbound", "default/server")
    return [chain.name for chain in proto.filter_chains]


def test_an_entry_that_names_a_pods_own_address_gives_it_a_port() -> None:
    """As a Service that selects it would: requests are read as requests, and counted."""
    base = small_mesh(documents(CLIENT, pod("server")))
    address = base.pods["default/server"].addresses[0]
    with_entry = small_mesh(documents(CLIENT, pod("server"), subscription(address)))
    with_service = small_mesh(documents(CLIENT, pod("server"), service("server", port=8080)))
    assert inbound(base) != inbound(with_service) == inbound(with_entry)
    assert with_entry.message(ResourceType.CLUSTER, "inbound|8080||", "default/server") is not None


def test_an_entry_of_another_namespace_gives_a_pod_nothing() -> None:
    """What a workload serves is said in its own namespace."""
    base = small_mesh(documents(CLIENT, pod("server")))
    address = base.pods["default/server"].addresses[0]
    foreign = small_mesh(documents(CLIENT, pod("server"), subscription(address, "shop")))
    assert inbound(foreign) == inbound(base)


def test_a_pod_that_comes_after_the_entry_gets_its_port_too() -> None:
    """Neither order nor a change of address leaves anything behind."""
    first = small_mesh(documents(CLIENT, pod("server")))
    server = first.pods["default/server"]
    mesh = small_mesh(documents(CLIENT, subscription("10.244.9.9"))).mesh
    came, _ = assemble(mesh, {}, observed_pods([replace(server, addresses=("10.244.9.9",))]))
    assert came.lookup(tables.POD_SERVICES, server.key) == ("billing.internal",)
    moved, _ = assemble(came, {}, observed_pods([server]))
    assert moved.lookup(tables.POD_SERVICES, server.key) is None


def test_a_rule_for_a_host_that_nobody_declares_says_what_is_missing() -> None:
    """Its name leads past the mesh; an entry, of the host or a wildcard above it, fixes that."""
    rule = spec("VirtualService", f"hosts: [{HOST}]\nhttp: [{{directResponse: {{status: 418}}}}]")
    wild = spec("ServiceEntry", PLAIN.replace(HOST, "'*.example.com'").replace("DNS", "NONE"), "a")
    assert told(small_mesh(documents(CLIENT, rule))) == {("undeclared-host", "it")}
    for entry in (spec("ServiceEntry", PLAIN, "a"), wild):
        assert told(small_mesh(documents(CLIENT, rule, entry))) == set()
