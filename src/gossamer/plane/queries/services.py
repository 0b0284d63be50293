"""Services as whoever balances without a proxy needs them: addresses, ports, ready endpoints.

Endpoints of a host that is resolved by DNS are names, for whoever balances to look up.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.tls.mtls import mtls_mode
from gossamer.contract.addresses import with_port
from gossamer.model import tables
from gossamer.model.assembly.service_index import ALL
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Endpoint, Protocol, Service, ServicePort
from gossamer.plane.api.shapes import ServicePortShape, ServiceShape


def services_of(mesh: Mesh) -> Iterator[ServiceShape]:
    """Every service that has an address of its own, by host."""
    for host in sorted(mesh.lookup(tables.HOSTS, ALL) or ()):
        claims = mesh.lookup(tables.SERVICES, host) or ()
        addresses = mesh.lookup(tables.VIRTUAL, host)
        if claims and addresses:
            yield _shape(mesh, claims[0], addresses)


def _shape(mesh: Mesh, service: Service, addresses: tuple[str, ...]) -> ServiceShape:
    endpoints = mesh.lookup(tables.ENDPOINTS, service.host) or ()
    return ServiceShape(
        host=service.host,
        namespace=service.namespace,
        addresses=list(addresses),
        ports=[_port(mesh, port, endpoints) for port in service.ports],
    )


def _port(mesh: Mesh, port: ServicePort, endpoints: tuple[Endpoint, ...]) -> ServicePortShape:
    ends = [(each, number) for each in endpoints if (number := each.port(port.number))]
    return ServicePortShape(
        number=port.number,
        protocol="UDP" if port.protocol is Protocol.UDP else "TCP",
        endpoints=[with_port(each.address, number) for each, number in ends],
        mtls_only=any(_takes_mtls_alone(mesh, *end) for end in ends[:1]),
    )


def _takes_mtls_alone(mesh: Mesh, endpoint: Endpoint, port: int) -> bool:
    """Whether its proxy refuses plaintext. One endpoint speaks for all: policies select
    workloads, and the pods of a service are of one with rare exceptions."""
    if not endpoint.mtls or endpoint.pod is None or port in endpoint.plain_ports:
        return False
    read = TrackedLookup(mesh)
    policies = policies_of(read, endpoint.pod.partition("/")[0], endpoint.labels)
    return mtls_mode(read, policies, port) is MtlsMode.STRICT
