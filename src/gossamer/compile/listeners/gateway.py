"""A gateway's listeners: one for each port, with a chain for plain HTTP and one for each TLS host.

Outsiders choose what they ask for, so nothing here is fetched on demand.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.listener.v3.listener_components_pb2 import FilterChain, FilterChainMatch
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.listeners.edge import add_door, guard
from gossamer.compile.listeners.filter_chains import PLAIN, TLS, chain, listener
from gossamer.compile.listeners.http_connection import fetched_http
from gossamer.compile.listeners.inspectors import add_tls_inspector
from gossamer.compile.lookup.gateways import ServedListener, route_config_name, served, served_at
from gossamer.compile.side import Direction, Side
from gossamer.compile.tls.server_tls import listener_secrets
from gossamer.compile.tls.transport import from_outside
from gossamer.contract.listener_names import gateway_listener_name
from gossamer.contract.secret_names import SecretKind, SecretName
from gossamer.model.assembly.visible import settings_of
from gossamer.model.ids import EVERYWHERE
from gossamer.model.traffic.service import Protocol

_READ = (Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC, Protocol.HTTPS)


def gateway_listener(read: TrackedLookup, view: GatewayView, port: int) -> Listener | None:
    """The listener of that port; None where nothing may be served on that port."""
    here = list(served_at(read, view, port))
    chains = [*_plain(read, view, here), *_secured(read, view, here)]
    if not chains:
        return None
    proto = listener(gateway_listener_name(port), port, "OUTBOUND")
    if any(each.filter_chain_match.transport_protocol == TLS for each in chains):
        add_tls_inspector(proto)
    proto.filter_chains.extend(chains)
    guard(proto)
    if view.doors:
        add_door(proto, view.doors, port)
    return proto


def gateway_ports(read: TrackedLookup, view: GatewayView) -> tuple[int, ...]:
    """The ports that have a listener of a kind that is served."""
    ports = {one.port for one in served(read, view) if one.listener.protocol in _READ}
    return tuple(sorted(ports))


def _plain(
    read: TrackedLookup, view: GatewayView, here: list[ServedListener]
) -> Iterator[FilterChain]:
    """One chain for all plain HTTP of the port: their hosts share a route configuration."""
    for one in [each for each in here if each.listener.protocol.is_http][:1]:
        read.decided(one.gateway.object)
        match = FilterChainMatch()
        if any(other.listener.protocol is Protocol.HTTPS for other in here):
            match.transport_protocol = PLAIN
        http = fetched_http(read, _side(view, one), route_config_name(one))
        yield chain("http", match, (http,))


def _secured(
    read: TrackedLookup, view: GatewayView, here: list[ServedListener]
) -> Iterator[FilterChain]:
    """A chain for each TLS listener; a server name belongs to the first that claims it."""
    taken: set[str] = set()
    for one in [each for each in here if each.listener.protocol is Protocol.HTTPS]:
        names = [name for name in _server_names(one.listener.hosts) if name not in taken]
        certificates = listener_secrets(read, view, one.gateway, one.listener)
        if not names or not certificates:
            continue
        taken.update(names)
        read.decided(one.gateway.object)
        match = FilterChainMatch(transport_protocol=TLS)
        match.server_names.extend(name for name in names if name != EVERYWHERE)
        wanted = [str(SecretName(SecretKind.GATEWAY, certificate)) for certificate in certificates]
        for name in wanted:
            read.need(ResourceType.SECRET, name)
        http = fetched_http(read, _side(view, one), route_config_name(one))
        name = f"https|{one.gateway.id}#{one.listener.name}"
        socket = from_outside(settings_of(read).other_tls, tuple(wanted))
        yield chain(name, match, (http,), socket)


def _side(view: GatewayView, one: ServedListener) -> Side:
    return Side(Direction.GATEWAY, view, one.port)


def _server_names(hosts: tuple[tuple[str, str], ...]) -> list[str]:
    """The hosts as TLS server names; one `*` among them stands for all."""
    names = sorted({host.lower() for _, host in hosts})
    return [EVERYWHERE] if EVERYWHERE in names or not names else names
