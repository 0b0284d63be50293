"""Ports of gateways that are claimed twice, or are ones that the proxy needs itself."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.selectors import gateway_pods
from gossamer.compile.checks.subject import Subject
from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.gateway import Gateway, GatewayListener
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.service import Protocol

Placed = tuple[Gateway, GatewayListener]


def conflicting_listeners(read: Reader, subject: Subject, gateway: Gateway) -> Iterator[Finding]:
    """Each listener that meets a stronger one on the same port of the same pods."""
    earlier: list[Placed] = []
    mine = gateway_pods(read, gateway)
    for other in read.lookup(tables.GATEWAYS, EVERYWHERE) or ():
        if other.object == subject.object:
            break
        if mine & gateway_pods(read, other):
            earlier += [(other, listener) for listener in other.listeners]
    for listener in gateway.listeners:
        yield from _meets(subject, listener, [p for p in earlier if p[1].port == listener.port])
        earlier.append((gateway, listener))


def _meets(subject: Subject, mine: GatewayListener, earlier: list[Placed]) -> Iterator[Finding]:
    for gateway, other in earlier:
        if _sort(mine) != _sort(other):
            yield _protocols(subject, mine, gateway, other)
            return
    for gateway, other in earlier:
        same = sorted({h for _, h in mine.hosts} & {h for _, h in other.hosts})
        if same and mine.protocol is Protocol.HTTPS:
            yield _hosts(subject, mine, gateway, same)
            return
        if same and gateway.object == subject.object and gateway.dialect is Dialect.GATEWAY_API:
            yield _twice(subject, mine, other)
            return


def _sort(listener: GatewayListener) -> str:
    return "HTTP" if listener.protocol.is_http else listener.protocol.value


def _protocols(
    subject: Subject, mine: GatewayListener, gateway: Gateway, other: GatewayListener
) -> Finding:
    return Finding(
        subject.at(f"listener {mine.name}"),
        f"port {mine.port} is {_sort(mine)} here and {_sort(other)} in {gateway.object}",
        "connections are told apart by whether they begin with TLS alone; "
        "protocols other than HTTP and HTTPS are not served on it",
        "Give each protocol a port of its own",
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
