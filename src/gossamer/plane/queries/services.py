"""Services as whoever balances without a proxy needs them: addresses, ports, ready endpoints.

Endpoints of a host that is resolved by DNS are names, for whoever balances to look up.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.contract.addresses import with_port
from gossamer.model import tables
from gossamer.model.assembly.derive import ALL
from gossamer.model.mesh import Mesh
from gossamer.model.traffic.service import Endpoint, Protocol, Service
from gossamer.model.traffic.service import ServicePort as ModelPort
from gossamer.plane.api.shapes import ServicePort, ServiceShape


def services_of(mesh: Mesh) -> Iterator[ServiceShape]:
    """Every service that has an address of its own, by host."""
    for host in sorted(mesh.lookup(tables.HOSTS, ALL) or ()):
        claims = mesh.lookup(tables.SERVICES, host) or ()
        addresses = mesh.lookup(tables.VIRTUAL, host)
        if claims and addresses:
            yield _shape(mesh, claims[0], addresses)


def _shape(mesh: Mesh, service: Service, addresses: tuple[str, ...]) -> ServiceShape:
    endpoints = mesh.lookup(tables.ENDPOINTS, service.host) or ()
    return {
        "host": service.host,
        "namespace": service.namespace,
        "addresses": list(addresses),
        "ports": [_port(port, endpoints) for port in service.ports],
    }


def _port(port: ModelPort, endpoints: tuple[Endpoint, ...]) -> ServicePort:
    found = ((each.address, each.port(port.number)) for each in endpoints)
    return {
        "number": port.number,
        "protocol": "UDP" if port.protocol is Protocol.UDP else "TCP",
        "endpoints": [with_port(a, p) for a, p in found if p is not None],
    }
