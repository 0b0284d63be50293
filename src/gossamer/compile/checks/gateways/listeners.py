"""Ports of gateways that are claimed twice, or are ones that the proxy needs itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.gateway_index import Serving, all_gateways, serving
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.service import Protocol


@dataclass(frozen=True, slots=True)
class _Placed:
    """A listener and its place among all of the mesh, the strongest first."""

    at: int
    gateway: Gateway
    listener: GatewayListener


@dataclass(slots=True)
class _Earlier:
    """The listeners gone through so far: the first of each sort, and of each host, on a port of
    some pods; so that no listener is compared with all before it."""

    sorts: dict[tuple[object, int], dict[str, _Placed]] = field(default_factory=dict)
    hosts: dict[tuple[object, int, str], _Placed] = field(default_factory=dict)

    def add(self, placed: _Placed, pods: Iterable[object]) -> None:
        """One more, at these pods."""
        port, sort = placed.listener.port, _sort(placed.listener)
        for pod in pods:
            self.sorts.setdefault((pod, port), {}).setdefault(sort, placed)
            for _, host in placed.listener.hosts:
                self.hosts.setdefault((pod, port, host), placed)

    def of_another_sort(self, mine: GatewayListener, pods: Iterable[object]) -> _Placed | None:
        """The first of another protocol on its port."""
        sorts = (self.sorts.get((pod, mine.port), {}) for pod in pods)
        others = (p for each in sorts for sort, p in each.items() if sort != _sort(mine))
        return min(others, key=_place, default=None)

    def of_a_host(self, mine: GatewayListener, pods: Iterable[object]) -> _Placed | None:
        """The first on its port that has a host of it."""
        keys = ((pod, mine.port, host) for pod in pods for _, host in mine.hosts)
        return min((self.hosts[key] for key in keys if key in self.hosts), key=_place, default=None)


def _place(placed: _Placed) -> int:
    return placed.at


_Met = tuple[GatewayListener, _Placed, bool]
"""A listener, a stronger one that it meets, and whether that has another protocol."""


def conflicting_listeners(
    read: TrackedLookup, subject: Subject, gateway: Gateway
) -> Iterator[Finding]:
    """Each listener that meets a stronger one on the same port of the same pods."""
    for mine, placed, differs in _MEETINGS(all_gateways(read), serving(read)).get(
        gateway.object, ()
    ):
        if not differs and mine.protocol is Protocol.HTTPS:
            yield _hosts(subject, mine, placed.gateway, _same(mine, placed.listener))
        else:
            yield _alike(subject, gateway, (mine, placed, differs))


def met_listeners(read: TrackedLookup, subject: Subject, gateway: Gateway) -> Iterator[Finding]:
    """Each listener that a weaker one on the same port of the same pods meets."""
    reported: set[str] = set()
    for mine, placed, differs in _ANSWERS(all_gateways(read), serving(read)).get(
        gateway.object, ()
    ):
        if mine.name in reported:
            continue
        reported.add(mine.name)
        if not differs and mine.protocol is Protocol.HTTPS:
            yield _first(subject, mine, placed.gateway, _same(mine, placed.listener))
        else:
            yield _alike(subject, gateway, (mine, placed, differs))


def _same(mine: GatewayListener, other: GatewayListener) -> list[str]:
    return sorted({h for _, h in mine.hosts} & {h for _, h in other.hosts})


def _alike(subject: Subject, gateway: Gateway, met: _Met) -> Finding:
    """What both sides of a meeting hear in the same words."""
    mine, placed, differs = met
    if differs:
        return _protocols(subject, mine, placed.gateway, placed.listener)
    if placed.gateway.object == gateway.object:
        return _twice(subject, mine, placed.listener)
    return _shared(subject, mine, placed.gateway, _same(mine, placed.listener))


def _meetings(
    gateways: tuple[Gateway, ...], served: Serving
) -> Mapping[ObjectRef, tuple[_Met, ...]]:
    """What meets what among all Gateways, found in one walk over them."""
    earlier, met_by_gateway = _Earlier(), {}
    places = count()
    for gateway in gateways:
        # Its own listeners meet each other, whoever serves it.
        pods = (gateway.object, *served.get(gateway.object, ()))
        mine = [_Placed(next(places), gateway, listener) for listener in gateway.listeners]
        met: list[_Met] = []
        for placed in mine:
            met += _met(earlier, placed, pods)
            earlier.add(placed, pods)
        if met:
            met_by_gateway[gateway.object] = tuple(met)
    return met_by_gateway


_MEETINGS = Once(_meetings)


def _answers(
    gateways: tuple[Gateway, ...], served: Serving
) -> Mapping[ObjectRef, tuple[_Met, ...]]:
    """The same meetings, by the stronger of the two."""
    meetings, met_by_gateway = _MEETINGS(gateways, served), dict[ObjectRef, list[_Met]]()
    for gateway in (each for each in gateways if each.object in meetings):
        for mine, placed, differs in meetings[gateway.object]:
            other = _Placed(placed.at, gateway, mine)
            met_by_gateway.setdefault(placed.gateway.object, []).append(
                (placed.listener, other, differs)
            )
    return {ref: tuple(met) for ref, met in met_by_gateway.items()}


_ANSWERS = Once(_answers)


def _met(earlier: _Earlier, placed: _Placed, pods: tuple[object, ...]) -> Iterator[_Met]:
    mine = placed.listener
    if other := earlier.of_another_sort(mine, pods):
        yield mine, other, True
        return
    is_api = placed.gateway.dialect is Dialect.GATEWAY_API
    near = pods if is_api or mine.protocol is Protocol.HTTPS else pods[1:]
    if other := earlier.of_a_host(mine, near):
        yield mine, other, False


def _sort(listener: GatewayListener) -> str:
    return "HTTP" if listener.protocol.is_http else listener.protocol.value


def _protocols(
    subject: Subject, mine: GatewayListener, gateway: Gateway, other: GatewayListener
) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"port {mine.port} is {_sort(mine)} here and {_sort(other)} in {gateway.object}",
        "connections are distinguished only by whether they begin with TLS; "
        "protocols other than HTTP and HTTPS are not served on it",
        "Give each protocol a port of its own",
        "conflicting-gateway-ports",
        Severity.WARNING,
    )


def _shared(subject: Subject, mine: GatewayListener, gateway: Gateway, hosts: list[str]) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"{', '.join(hosts)} on port {mine.port} is served by {gateway.object} too",
        "requests follow the routes of both gateways, as if they were one",
        "Serve a host and port in one Gateway, if that is not meant",
        "conflicting-gateway-ports",
        Severity.INFO,
    )


def _first(subject: Subject, mine: GatewayListener, gateway: Gateway, hosts: list[str]) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"{', '.join(hosts)} on port {mine.port} is served by {gateway.object} too",
        "this one takes precedence: TLS connections to these hosts "
        "get this one's certificate and routes",
        "Serve a host with TLS in one place, or on another port",
        "conflicting-gateway-ports",
        Severity.WARNING,
    )


def _twice(subject: Subject, mine: GatewayListener, other: GatewayListener) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"the listeners {other.name} and {mine.name} have the same port, protocol and hostname",
        "requests are served by both as if they were one; other gateways open neither",
        "Give each a hostname or a port of its own",
        "conflicting-gateway-ports",
        Severity.WARNING,
    )


def _hosts(subject: Subject, mine: GatewayListener, gateway: Gateway, hosts: list[str]) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"{', '.join(hosts)} on port {mine.port} is already served by {gateway.object}",
        "TLS connections to these hosts get the other one's certificate and routes",
        "Serve a host with TLS in one place, or on another port",
        "conflicting-gateway-ports",
    )
