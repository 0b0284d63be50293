"""Which listeners a gateway's proxy serves: those of all Gateways that select its pod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.compile.reads import Reader
from gossamer.compile.views import Front
from gossamer.model import tables
from gossamer.model.gateway import Gateway, GatewayListener
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.labels import selects
from gossamer.model.service import Protocol


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway's listener at one port of the pod.

    Outsiders know the listener by its own port, that of a Service; connections arrive at `port`.
    """

    gateway: Gateway
    listener: GatewayListener
    port: int


def served(read: Reader, view: Front) -> Iterator[Served]:
    """Every listener that selects this view's pods, the strongest gateway's first.

    An Istio Gateway selects pods of any namespace, a Gateway API one those of its own.
    """
    for gateway in read.lookup(tables.GATEWAYS, EVERYWHERE) or ():
        near = gateway.dialect is Dialect.ISTIO or gateway.namespace == view.namespace
        if near and gateway.selector and selects(gateway.selector, view.labels):
            for listener in gateway.listeners:
                ports = arrival_ports(read, view, listener.port)
                yield from (Served(gateway, listener, port) for port in ports)


def arrival_ports(read: Reader, view: Front, number: int) -> tuple[int, ...]:
    """Where connections to a gateway's port arrive at its pods.

    At the target ports of the Services in front of them that have the port, as in Istio; at
    the port itself where none has.
    """
    found = set[int]()
    for host in view.hosts:
        services = read.lookup(tables.SERVICES, host) or ()
        port = services[0].port(number) if services else None
        if port is not None:
            found.add(_number(view, port.target) or number)
    return tuple(sorted(found)) or (number,)


def _number(view: Front, target: int | str) -> int | None:
    if isinstance(target, int):
        return target
    return next((port.number for port in view.ports if port.name == target), None)


def route_config_name(one: Served) -> str:
    """The route configuration that a listener uses: plain HTTP shares one for each port."""
    if one.listener.protocol is Protocol.HTTPS:
        return f"gateway|{one.port}|{one.gateway.id}#{one.listener.name}"
    return f"gateway|{one.port}"


def bound_to(read: Reader, view: Front, config: str) -> list[Served]:
    """The listeners behind a route configuration of that name."""
    return [one for one in served(read, view) if route_config_name(one) == config]
