"""Which listeners a gateway's proxy serves: those of all Gateways that select its pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.lookup.gateway_index import GatewayIndex, gateway_index
from gossamer.contract.route_names import GatewayRoutes, parse_gateway_routes
from gossamer.model import tables
from gossamer.model.policies.server_tls import ServerTls
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.service import Protocol


@dataclass(frozen=True, slots=True)
class ServedListener:
    """A gateway's listener at one port of the pod.

    Outsiders know the listener by its own port, that of a Service; connections arrive at `port`.
    """

    gateway: Gateway
    listener: GatewayListener
    port: int


def served(read: TrackedLookup, view: GatewayView) -> Iterator[ServedListener]:
    """Every listener that selects this view's pods, the strongest gateway's first."""
    for gateway in _chosen(read, view).gateways:
        for listener in gateway.listeners:
            ports = arrival_ports(read, view, listener.port)
            yield from (ServedListener(gateway, listener, port) for port in ports)


def served_at(read: TrackedLookup, view: GatewayView, port: int) -> Iterator[ServedListener]:
    """Those of them that serve what arrives at one port; no other one is looked at."""
    chosen = _chosen(read, view)
    leading = {number for number in _leading(read, view, port) if number in chosen.by_port}
    placed = sorted((at, each) for number in leading for at, each in chosen.by_port[number])
    for _, (gateway, listener) in placed:
        if port in arrival_ports(read, view, listener.port):
            yield ServedListener(gateway, listener, port)


def sharing_secret(
    read: TrackedLookup, view: GatewayView, one: ServedListener
) -> Iterator[ServedListener]:
    """The listeners of the same port that name a secret as this one does, itself among them."""
    index = _chosen(read, view).by_secret
    for key in sorted(_secret_keys(one.listener)):
        yield from (ServedListener(gateway, listener, one.port) for gateway, listener in index[key])


def _leading(read: TrackedLookup, view: GatewayView, port: int) -> Iterator[int]:
    """The gateways' ports from which connections may arrive at this one."""
    yield port
    for host in view.hosts:
        for service in (read.lookup(tables.SERVICES, host) or ())[:1]:
            for each in service.ports:
                if _number(view, each.target) == port:
                    yield each.number


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The Gateways that select some pods, and their listeners by port and by name."""

    gateways: tuple[Gateway, ...]
    by_port: Mapping[int, tuple[tuple[int, tuple[Gateway, GatewayListener]], ...]]
    by_name: Mapping[str, tuple[tuple[Gateway, GatewayListener], ...]]
    by_secret: Mapping[tuple[int, str], tuple[tuple[Gateway, GatewayListener], ...]]


def _chosen_by(gateways: GatewayIndex, view: GatewayView) -> _Chosen:
    chosen = tuple(gateways.selecting(view.namespace, view.labels))
    by_port: dict[int, list[Any]] = {}
    by_name: dict[str, list[Any]] = {}
    by_secret: dict[tuple[int, str], list[Any]] = {}
    pairs = ((gateway, listener) for gateway in chosen for listener in gateway.listeners)
    for at, (gateway, listener) in enumerate(pairs):
        by_port.setdefault(listener.port, []).append((at, (gateway, listener)))
        by_name.setdefault(f"{gateway.id}#{listener.name}", []).append((gateway, listener))
        for key in _secret_keys(listener):
            by_secret.setdefault(key, []).append((gateway, listener))
    return _Chosen(
        chosen,
        {port: tuple(each) for port, each in by_port.items()},
        {name: tuple(each) for name, each in by_name.items()},
        {key: tuple(each) for key, each in by_secret.items()},
    )


def _secret_keys(listener: GatewayListener) -> set[tuple[int, str]]:
    """Its port with each of its secrets, by the name without a namespace."""
    tls = listener.policies.get(ServerTls)
    return {(listener.port, name.rpartition("/")[2]) for name in (tls.secrets if tls else ())}


def _no_views(_: GatewayIndex) -> dict[GatewayView, _Chosen]:
    return {}


_CHOSEN = Once(_no_views)


def _chosen(read: TrackedLookup, view: GatewayView) -> _Chosen:
    """What a view's pods serve, found once for as long as the Gateways are the same."""
    index = gateway_index(read)
    views = _CHOSEN(index)
    if view not in views:
        views[view] = _chosen_by(index, view)
    return views[view]


def arrival_ports(read: TrackedLookup, view: GatewayView, number: int) -> tuple[int, ...]:
    """Where connections to a gateway's port arrive at its pods.

    At the target ports of the Services in front of them that have the port, as in Istio; at
    the port itself where none has.
    """
    numbers = set[int]()
    for host in view.hosts:
        services = read.lookup(tables.SERVICES, host) or ()
        port = services[0].port(number) if services else None
        if port is not None:
            numbers.add(_number(view, port.target) or number)
    return tuple(sorted(numbers)) or (number,)


def _number(view: GatewayView, target: int | str) -> int | None:
    if isinstance(target, int):
        return target
    return next((port.number for port in view.ports if port.name == target), None)


def route_config_name(one: ServedListener) -> str:
    """The route configuration that a listener uses: plain HTTP shares one for each port."""
    if one.listener.protocol is Protocol.HTTPS:
        return str(GatewayRoutes(one.port, f"{one.gateway.id}#{one.listener.name}"))
    return str(GatewayRoutes(one.port))


def bound_to(read: TrackedLookup, view: GatewayView, config: str) -> list[ServedListener]:
    """The listeners behind a route configuration of that name."""
    routes = parse_gateway_routes(config)
    if routes is None:
        return []
    name, port = routes.listener, routes.port
    here: Iterable[ServedListener] = (
        (
            ServedListener(gateway, listener, port)
            for gateway, listener in _chosen(read, view).by_name.get(name, ())
            if port in arrival_ports(read, view, listener.port)
        )
        if name
        else served_at(read, view, port)
    )
    return [one for one in here if route_config_name(one) == config]
