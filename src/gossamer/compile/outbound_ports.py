"""Which ports and addresses of a scope an outbound listener must tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from immutables import Map

from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.addresses import MESH_RANGES
from gossamer.model.ids import EVERYWHERE, Table
from gossamer.model.service import Protocol, Service
from gossamer.model.visible import service_for

_RANGES = tuple(ip_network(text) for text in MESH_RANGES)


def http_ports(read: Reader, scope: str) -> tuple[int, ...]:
    """The ports on which some service that the scope sees speaks HTTP."""
    ports: set[int] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        counted: Map[int, int] = read.lookup(tables.HTTP_PORTS, each) or Map()
        ports.update(counted)
    return tuple(sorted(ports))


def declared_tcp(read: Reader, scope: str) -> Iterator[tuple[Service, int, tuple[str, ...]]]:
    """Each service, port and addresses where bytes are carried: TCP, TLS, HTTPS.

    A headless service has its pods' addresses here only where the port is also an HTTP port of
    the scope: elsewhere the address that was dialled is enough.
    """
    http = set(http_ports(read, scope))
    for service in _visible(read, scope, tables.TCP_HOSTS):
        for port in service.ports:
            if not port.protocol.is_http and port.protocol is not Protocol.UDP:
                clashes = port.number in http
                addresses = _addresses(read, service, clashes)
                if addresses:
                    yield service, port.number, addresses


def _addresses(read: Reader, service: Service, with_pods: bool) -> tuple[str, ...]:
    virtual = _ips(read.lookup(tables.VIRTUAL, service.host) or service.addresses)
    if virtual or not (service.headless and with_pods):
        return virtual
    endpoints = read.lookup(tables.ENDPOINTS, service.host) or ()
    return _ips(tuple(endpoint.address for endpoint in endpoints))


def declared_outside(read: Reader, scope: str) -> Mapping[int, tuple[str, ...]]:
    """By HTTP port, the addresses outside the mesh's ranges that some service declares."""
    found: dict[int, set[str]] = {}
    for service in _visible(read, scope, tables.HOSTS):
        outside = [a for a in _ips(service.addresses) if not _in_mesh(a)]
        for port in service.ports:
            if port.protocol.is_http and outside:
                found.setdefault(port.number, set()).update(outside)
    return {port: tuple(sorted(addresses)) for port, addresses in found.items()}


def _visible(read: Reader, scope: str, table: Table[Map[str, None]]) -> Iterator[Service]:
    hosts: set[str] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        held: Map[str, None] = read.lookup(table, each) or Map()
        hosts.update(held)
    for host in sorted(hosts):
        service = service_for(read, host, scope)
        if service is not None:
            yield service


def _in_mesh(address: str) -> bool:
    network = ip_network(address)
    return any(
        network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in _RANGES
    )


def _ips(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are addresses or ranges, once each and in order."""
    return tuple(sorted({address for address in addresses if _is_range(address)}))


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
