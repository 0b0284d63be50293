"""Which hosts and ports each namespace sees: lists and counts of services by scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from immutables import Map

from gossamer.model import tables
from gossamer.model.addressing.ranges import outside
from gossamer.model.assembly.indices import count, member, scoped
from gossamer.model.ids import EVERYWHERE, Table
from gossamer.model.mesh import Draft
from gossamer.model.traffic.service import Protocol, Service

ALL = ""  # the scope of what must know every host, whoever may see it: a resolver


def index_services(draft: Draft, old: Iterable[Service], new: Iterable[Service]) -> None:
    """Move the counts by the difference alone: a service that keeps its ports touches nothing."""
    change = Counter(_counted(new))
    change.subtract(Counter(_counted(old)))
    for (scope, _, port, kind), by in change.items():
        if by and port:
            counts, ports = _BY_PORT[kind]
            count(draft, counts, scope, port, by)
            counted: Map[int, int] = draft.lookup(counts, scope) or Map()
            draft.put(ports, scope, tuple(sorted(counted)) or None)
        elif by and scope != EVERYWHERE:
            scoped(draft, scope, by)
    for table, mine in _LISTS.items():
        had, has = set(mine(old)), set(mine(new))
        for scope, host in had ^ has:
            member(draft, table, scope, host, (scope, host) in has)


_BY_PORT = {
    "http": (tables.HTTP_PORT_COUNTS, tables.HTTP_PORTS),
    "undeclared": (tables.UNDECLARED_PORT_COUNTS, tables.UNDECLARED_PORTS),
}


def _counted(services: Iterable[Service]) -> Iterator[tuple[str, str, int, str]]:
    for service in services:
        for scope in service.export_to:
            yield (scope, service.host, 0, "")
            for port in service.ports:
                if port.protocol.is_http:
                    yield (scope, service.host, port.number, "http")
                elif port.protocol is Protocol.UNDECLARED:
                    yield (scope, service.host, port.number, "undeclared")


def _every(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    """Each service under every scope that sees it, and under ALL."""
    return ((scope, s.host) for s in services for scope in (*s.export_to, ALL))


def _with_tcp(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _every(s for s in services if any(not p.protocol.may_be_http for p in s.ports))


def _tcp_at_port(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _at_ports(services, lambda p: not p.may_be_http and p is not Protocol.UDP)


def _undeclared_at_port(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    return _at_ports(services, lambda protocol: protocol is Protocol.UNDECLARED)


def _at_ports(
    services: Iterable[Service], wanted: Callable[[Protocol], bool]
) -> Iterator[tuple[str, str]]:
    """Each service under `SCOPE PORT` for the ports whose protocol is wanted."""
    for service in services:
        for number in {port.number for port in service.ports if wanted(port.protocol)}:
            yield from ((f"{scope} {number}", service.host) for scope in service.export_to)


def _with_outside(services: Iterable[Service]) -> Iterator[tuple[str, str]]:
    """Those with HTTP ports at addresses that are not the mesh's own, or whose endpoints may be."""
    http = (s for s in services if any(port.protocol.may_be_http for port in s.ports))
    return _every(s for s in http if outside(s.addresses) or _may_lie_outside(s))


def _may_lie_outside(service: Service) -> bool:
    """Whether callers dial endpoints that an author wrote down."""
    return service.headless and service.selector is None and not service.alias


_LISTS: Mapping[Table[Map[str, None]], Callable[[Iterable[Service]], Iterator[tuple[str, str]]]] = {
    tables.HOSTS: _every,
    tables.TCP_HOSTS: _with_tcp,
    tables.TCP_AT_PORT: _tcp_at_port,
    tables.UNDECLARED_AT_PORT: _undeclared_at_port,
    tables.OUTSIDE_HOSTS: _with_outside,
}
