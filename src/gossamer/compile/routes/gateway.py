"""What a gateway serves: the hosts of its listeners, with the routes that are bound to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.listeners.edge import REQUEST_BUFFER
from gossamer.compile.lookup.attachment import is_parent, may_attach, meeting_hosts
from gossamer.compile.lookup.gateways import ServedListener, bound_to, route_config_name, served
from gossamer.compile.routes.empty_configuration import route_config
from gossamer.compile.routes.entry import route_entries
from gossamer.compile.routes.late_choice import wake_filters
from gossamer.compile.routes.misdirected import misdirected, misdirected_hosts
from gossamer.compile.routes.route_context import RouteContext, applies
from gossamer.model import tables
from gossamer.model.assembly.precedence import by_precedence, takes_all
from gossamer.model.assembly.visible import patterns
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.policies.server_tls import HttpsRedirect
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import Route, RouteSet
from gossamer.model.traffic.service import Protocol


@dataclass(frozen=True, slots=True)
class Attached:
    """A route set on a listener, under one host of both."""

    host: str
    gateway: Gateway
    listener: GatewayListener
    route_set: RouteSet


def gateway_hosts(read: TrackedLookup, view: GatewayView, name: str) -> RouteConfiguration | None:
    """The route configuration of that name; None where no listener uses it."""
    listeners = bound_to(read, view, name)
    if not listeners:
        return None
    config = route_config(name)
    config.ignore_port_in_host_matching = True
    by_host: dict[str, list[Attached]] = {}
    for one in listeners:
        for attached in _attached(read, one):
            by_host.setdefault(attached.host, []).append(attached)
    elsewhere = misdirected_hosts(read, view, listeners)
    for host in sorted(elsewhere):
        by_host.pop(host, None)
        config.virtual_hosts.append(misdirected(host, listeners[0].port))
    for host in sorted(by_host):
        config.virtual_hosts.append(_virtual_host(read, view, host, by_host))
    config.virtual_hosts.extend(_redirecting(listeners, set(by_host)))
    return config


def gateway_clusters(read: TrackedLookup, view: GatewayView) -> tuple[str, ...]:
    """The clusters that a gateway's routes name: a gateway holds them all, as wildcard."""
    for name in dict.fromkeys(route_config_name(one) for one in served(read, view)):
        gateway_hosts(read, view, name)
    return tuple(sorted(name for kind, name in read.needs if kind is ResourceType.CLUSTER))


def _attached(read: TrackedLookup, one: ServedListener) -> Iterator[Attached]:
    gateway, listener = one.gateway, one.listener
    for route_set in read.lookup(tables.GATEWAY_ROUTES, gateway.id) or ():
        if not is_parent(route_set, gateway, listener) or not may_attach(read, route_set, listener):
            continue
        hosts = {host for _, host in meeting_hosts(route_set, gateway, listener)}
        yield from (Attached(host, gateway, listener, route_set) for host in sorted(hosts))


def _virtual_host(
    read: TrackedLookup, view: GatewayView, host: str, by_host: Mapping[str, list[Attached]]
) -> VirtualHost:
    attached = by_host[host]
    proto = VirtualHost(name=f"{host}:{attached[0].listener.port}", domains=[host])
    if any(each.listener.policies.get(HttpsRedirect) for each in attached):
        proto.require_tls = VirtualHost.ALL
    seen: set[int] = set()
    for level in (_winners(attached), *_behind(host, by_host)):
        fresh = [each for each in level if id(each.route_set) not in seen]
        seen.update(id(each.route_set) for each in fresh)
        pairs = list(_pairs(view, host, fresh))
        bounds = {(id(route_set), id(route)): context for context, route_set, route in pairs}
        for route_set, route in by_precedence(
            [(route_set, route) for _, route_set, route in pairs]
        ):
            proto.routes.extend(
                route_entries(read, route_set, route, bounds[id(route_set), id(route)])
            )
        if any(takes_all(route.match) for _, _, route in pairs):
            break
    wake_filters(proto)
    proto.include_request_attempt_count = True
    proto.request_body_buffer_limit.value = REQUEST_BUFFER
    return proto


def _pairs(
    view: GatewayView, host: str, level: Iterable[Attached]
) -> Iterator[tuple[RouteContext, RouteSet, Route]]:
    exact = "" if EVERYWHERE in host else host
    for each in level:
        secured, parent = each.listener.protocol is Protocol.HTTPS, each.gateway.id
        port = each.listener.port
        context = RouteContext(view.namespace, view.labels, port, parent, exact, secured)
        for route in each.route_set.routes:
            if applies(each.route_set, route, context):
                yield context, each.route_set, route


def _behind(host: str, by_host: Mapping[str, list[Attached]]) -> Iterator[list[Attached]]:
    """Gateway API's routes of wider hosts, which take what a host's own leave, narrowest first.

    Only those on the same listeners. An Istio host stands alone.
    """
    winners = _winners(by_host[host])
    listeners = {(each.gateway.id, each.listener.name) for each in winners}
    wider = list(patterns(host.removeprefix("*.")))[1:]
    for name in (each for each in wider if each in by_host and each != host):
        level = [
            each
            for each in _winners(by_host[name])
            if (each.gateway.id, each.listener.name) in listeners
        ]
        if {each.route_set.dialect for each in (*winners, *level)} == {Dialect.GATEWAY_API}:
            yield level


def _winners(attached: list[Attached]) -> list[Attached]:
    """The strongest dialect on a host rules it; within it all merge."""
    best: Dialect = min((each.route_set.dialect for each in attached), key=lambda d: d.rank)
    unique = {id(each.route_set): each for each in attached if each.route_set.dialect is best}
    return list(unique.values())


def _redirecting(listeners: list[ServedListener], taken: set[str]) -> Iterator[VirtualHost]:
    """Hosts with nothing bound that still send plain HTTP to https."""
    for listener in (one.listener for one in listeners):
        if listener.policies.get(HttpsRedirect) is None:
            continue
        for _, host in listener.hosts:
            if host not in taken:
                taken.add(host)
                yield VirtualHost(
                    name=f"{host}:{listener.port}",
                    domains=[host],
                    require_tls=VirtualHost.ALL,
                )
