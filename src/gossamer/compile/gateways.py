"""Which listeners a gateway's proxy serves: those of all Gateways that select its pod."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.reads import Reader
from gossamer.compile.views import Front
from gossamer.model import tables
from gossamer.model.gateway import Gateway, GatewayListener
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.labels import selects
from gossamer.model.service import Protocol

Served = tuple[Gateway, GatewayListener]


def served(read: Reader, view: Front) -> Iterator[Served]:
    """Every listener that selects this view's pods, the strongest gateway's first.

    An Istio Gateway selects pods of any namespace, a Gateway API one those of its own.
    """
    for gateway in read.lookup(tables.GATEWAYS, EVERYWHERE) or ():
        near = gateway.dialect is Dialect.ISTIO or gateway.namespace == view.namespace
        if near and gateway.selector and selects(gateway.selector, view.labels):
            yield from ((gateway, listener) for listener in gateway.listeners)


def route_config_name(gateway: Gateway, listener: GatewayListener) -> str:
    """The route configuration that a listener uses: plain HTTP shares one for each port."""
    if listener.protocol is Protocol.HTTPS:
        return f"gateway|{listener.port}|{gateway.id}#{listener.name}"
    return f"gateway|{listener.port}"


def bound_to(read: Reader, view: Front, config: str) -> list[Served]:
    """The listeners behind a route configuration of that name."""
    return [pair for pair in served(read, view) if route_config_name(*pair) == config]
