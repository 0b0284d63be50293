"""Which ports and addresses of a scope an outbound listener must tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from immutables import Map

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.addressing.ranges import in_mesh, outside, ranges
from gossamer.model.assembly.endpoints import target_of
from gossamer.model.assembly.visible import destination_for, service_for
from gossamer.model.ids import EVERYWHERE, Table
from gossamer.model.policies.connection_pool import ConnectionPool
from gossamer.model.traffic.service import Protocol, Service, ServicePort


def http_ports(read: TrackedLookup, scope: str) -> tuple[int, ...]:
    """The ports on which some service that the scope sees speaks HTTP."""
    return _ports(read, scope, tables.HTTP_PORTS)


def undeclared_ports(read: TrackedLookup, scope: str) -> tuple[int, ...]:
    """The ports of undeclared protocol among the services that the scope sees."""
    return _ports(read, scope, tables.UNDECLARED_PORTS)


def routed_ports(read: TrackedLookup, scope: str) -> tuple[int, ...]:
    """The ports on which requests are read: where HTTP is declared, and where it is found."""
    return tuple(sorted({*http_ports(read, scope), *undeclared_ports(read, scope)}))


def _ports(read: TrackedLookup, scope: str, table: Table[tuple[int, ...]]) -> tuple[int, ...]:
    ports: set[int] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        held: tuple[int, ...] = read.lookup(table, each) or ()
        ports.update(held)
    return tuple(sorted(ports))


@dataclass(frozen=True, slots=True)
class DeclaredTcp:
    """Addresses of a service's port that a listener must know, and how long bytes may rest."""

    service: Service
    port: int
    addresses: tuple[str, ...]
    idle: timedelta | None


def declared_tcp(read: TrackedLookup, scope: str) -> Iterator[DeclaredTcp]:
    """The TCP ports whose bytes would otherwise be taken for something else.

    That is: on a port that is HTTP for other services, outside the mesh's ranges, or with an idle
    timeout of their own. All other TCP is told by the address that was dialled, so
    that a listener does not grow with the mesh.
    """
    http = set(http_ports(read, scope))
    for service in _visible(read, scope, tables.TCP_HOSTS):
        for port in service.ports:
            if not port.protocol.may_be_http and port.protocol is not Protocol.UDP:
                clashes = port.number in http
                idle = _idle(read, service, port.number, scope)
                addresses = _addresses(read, service)
                if not clashes and idle is None:
                    addresses = tuple(a for a in addresses if not in_mesh(a))
                if addresses:
                    yield DeclaredTcp(service, port.number, addresses, idle)


def tcp_at_port(read: TrackedLookup, scope: str, port: int) -> Iterator[DeclaredTcp]:
    """The services that declare TCP on that port, found without a look at any other."""
    for service in _visible(read, scope, tables.TCP_AT_PORT, f" {port}"):
        addresses = _addresses(read, service)
        if addresses:
            yield DeclaredTcp(service, port, addresses, _idle(read, service, port, scope))


def _idle(read: TrackedLookup, service: Service, port: int, scope: str) -> timedelta | None:
    destination = destination_for(read, service, scope)
    pool = destination.policies_for(port, "").get(ConnectionPool) if destination else None
    return pool.tcp_idle_timeout if pool else None


def _addresses(read: TrackedLookup, service: Service) -> tuple[str, ...]:
    """A service's own addresses; a headless one has those of its endpoints that are no pods."""
    if service.headless:
        return outside(_written(read, service))
    given = read.lookup(tables.VIRTUAL, service.host)
    return ranges(given or service.addresses)


def _written(read: TrackedLookup, service: Service) -> tuple[str, ...]:
    """The addresses behind a service, as its endpoints say them."""
    endpoints = read.lookup(tables.ENDPOINTS, service.host) or ()
    return tuple(endpoint.address for endpoint in endpoints)


@dataclass(frozen=True, slots=True)
class DialledTcp:
    """An address of one pod behind a headless service's port, and how long bytes may rest."""

    port: int
    address: str
    idle: timedelta | None


def dialled_tcp(read: TrackedLookup, scope: str) -> Iterator[DialledTcp]:
    """The pods whose bytes would otherwise be taken for something else, address by address.

    Callers of a headless service choose a pod, so its addresses are never joined in one chain:
    that would lead to any of them. Ready or not, by IPv4 or IPv6, a pod is itself.
    """
    http = set(http_ports(read, scope))
    for service in _visible(read, scope, tables.TCP_HOSTS):
        for port in service.ports if service.headless else ():
            if not port.protocol.may_be_http and port.protocol is not Protocol.UDP:
                idle = _idle(read, service, port.number, scope)
                for number, address in _dialled(read, service, port):
                    if number in http or idle is not None:
                        yield DialledTcp(number, address, idle)


def _dialled(read: TrackedLookup, service: Service, port: ServicePort) -> Iterator[tuple[int, str]]:
    """The numbers and addresses at which callers find a headless service's port."""
    for key in sorted(read.lookup(tables.MEMBERS, service.host) or ()):
        pod = read.lookup(tables.PODS, key)
        for address in pod.addresses if pod else ():
            yield port.number, address
            target = target_of(port, pod) if pod else None
            if target not in (None, port.number):
                yield target, address
    for address in ranges(_written(read, service)):
        if in_mesh(address):
            yield port.number, address


def declared_outside(read: TrackedLookup, scope: str) -> Mapping[int, tuple[str, ...]]:
    """By HTTP port, the addresses outside the mesh's ranges that some service declares."""
    return _outside(read, scope, lambda protocol: protocol.is_http)


def undeclared_outside(read: TrackedLookup, scope: str) -> Mapping[int, tuple[str, ...]]:
    """The same by ports of which the service does not say what they speak."""
    return _outside(read, scope, lambda protocol: protocol is Protocol.UNDECLARED)


def _outside(
    read: TrackedLookup, scope: str, wanted: Callable[[Protocol], bool]
) -> Mapping[int, tuple[str, ...]]:
    addresses_by_port: dict[int, set[str]] = {}
    for service in _visible(read, scope, tables.OUTSIDE_HOSTS):
        for port in service.ports:
            if wanted(port.protocol):
                addresses_by_port.setdefault(port.number, set()).update(_own_outside(read, service))
    return {port: tuple(sorted(addresses)) for port, addresses in addresses_by_port.items()}


def _own_outside(read: TrackedLookup, service: Service) -> tuple[str, ...]:
    return outside(_written(read, service) if service.headless else service.addresses)


def undeclared_addresses(read: TrackedLookup, scope: str, port: int) -> tuple[str, ...]:
    """Where callers find the services whose protocol on that port is undeclared."""
    addresses: set[str] = set()
    for service in _visible(read, scope, tables.UNDECLARED_AT_PORT, f" {port}"):
        one = service.port(port)
        if one is not None and one.protocol is Protocol.UNDECLARED:
            addresses.update(_addresses(read, service))
            pods = _dialled(read, service, one) if service.headless else ()
            addresses.update(address for number, address in pods if number == port)
    return tuple(sorted(addresses))


def _visible(
    read: TrackedLookup, scope: str, table: Table[Map[str, None]], at: str = ""
) -> Iterator[Service]:
    hosts: set[str] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        held: Map[str, None] = read.lookup(table, f"{each}{at}") or Map()
        hosts.update(held)
    for host in sorted(hosts):
        service = service_for(read, host, scope)
        if service is not None:
            yield service
