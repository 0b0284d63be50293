"""Outbound ports of undeclared protocol: a listener for each.

Such a port's connections are looked at for HTTP; what is not, or keeps silent for a moment, goes on
as bytes. The `outbound` listener hands them over by the port that was dialled. So no declared port
waits for first bytes, and a port that comes or goes drains none but its own connections.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from envoy.config.core.v3.base_pb2 import TrafficDirection
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import OutboundView
from gossamer.compile.listeners.filter_chains import chain, listener, match_port
from gossamer.compile.listeners.inspectors import HTTP_FOUND, add_http_inspector
from gossamer.compile.listeners.outbound import (
    http_chain,
    outside_chain,
    service_chains,
    side,
    tcp_chains,
)
from gossamer.compile.listeners.tcp_connection import to_dialled
from gossamer.compile.lookup.outbound_ports import (
    DeclaredTcp,
    declared_outside,
    http_ports,
    tcp_at_port,
    undeclared_addresses,
    undeclared_outside,
    undeclared_ports,
)
from gossamer.compile.protos import set_duration, socket_address
from gossamer.contract.listener_names import PortListener, parse_port_listener
from gossamer.model.addressing.addresses import MESH_RANGES

FIRST_BYTES = timedelta(milliseconds=50)
"""How long a caller may keep silent; then it is taken for one that waits for the server."""


def undeclared_names(read: TrackedLookup, scope: str) -> Iterator[str]:
    """The listeners of all such ports: `outbound|PORT`, and `outbound|PORT|tcp` where needed."""
    for port in undeclared_ports(read, scope):
        yield str(PortListener(port))
        if any(_stays(each) for each in tcp_at_port(read, scope, port)):
            yield str(PortListener(port, tcp=True))


def undeclared_listener(read: TrackedLookup, view: OutboundView, name: str) -> Listener | None:
    """The listener of that name; None where every service says what it speaks there."""
    asked = parse_port_listener(name)
    if asked is None or asked.port not in undeclared_ports(read, view.scope):
        return None
    port = asked.port
    if asked.tcp:
        return _declared(read, view, name, port)
    proto = listener(name, port, "OUTBOUND")
    proto.bind_to_port.value = False
    add_http_inspector(proto)
    set_duration(proto.listener_filters_timeout, FIRST_BYTES)
    proto.continue_on_listener_filters_timeout = True
    proto.filter_chains.extend(_chains(read, view, port))
    proto.default_filter_chain.CopyFrom(outside_chain(read, view))
    return proto


def _chains(read: TrackedLookup, view: OutboundView, port: int) -> Iterator[FilterChain]:
    """Requests where they are found, bytes otherwise; requests alone where others declare HTTP."""
    if port not in http_ports(read, view.scope):
        yield from service_chains(read, view, tcp_at_port(read, view.scope, port), set())
        ranges = (*MESH_RANGES, *undeclared_outside(read, view.scope).get(port, ()))
    else:
        tcp = [each for each in tcp_chains(read, view) if _is_of(each, port)]
        yield from tcp
        outside = declared_outside(read, view.scope).get(port, ())
        yield http_chain(read, view, port, (*MESH_RANGES, *outside))
        taken = {prefix for each in tcp for prefix in _addresses(each)}
        addresses = undeclared_addresses(read, view.scope, port)
        ranges = tuple(each for each in addresses if each not in taken)
    if ranges:
        yield _found(read, view, port, ranges)
        dialled = to_dialled(read, side(view, port))
        yield chain(f"bytes|{port}", match_port(port, ranges), dialled)


def _found(
    read: TrackedLookup, view: OutboundView, port: int, ranges: tuple[str, ...]
) -> FilterChain:
    chain = http_chain(read, view, port, ranges)
    chain.name = f"http-found|{port}"
    chain.filter_chain_match.application_protocols.extend(HTTP_FOUND)
    return chain


def _declared(read: TrackedLookup, view: OutboundView, name: str, port: int) -> Listener | None:
    """The services that declare TCP on the port, at their addresses: nobody waits there."""
    here = [each for each in tcp_at_port(read, view.scope, port) if _stays(each)]
    addresses = list(dict.fromkeys(a for each in here for a in each.addresses if "/" not in a))
    if not addresses:
        return None
    proto = Listener(name=name)
    proto.address.CopyFrom(socket_address(addresses[0], port))
    for address in addresses[1:]:
        proto.additional_addresses.add().address.CopyFrom(socket_address(address, port))
    proto.traffic_direction = TrafficDirection.OUTBOUND
    proto.bind_to_port.value = False
    proto.filter_chains.extend(service_chains(read, view, here, set()))
    return proto


def _stays(declared: DeclaredTcp) -> bool:
    """Whether its addresses stay as pods come and go; a listener whose addresses move drains."""
    return not declared.service.headless


def _addresses(chain: FilterChain) -> Iterator[str]:
    return (prefix.address_prefix for prefix in chain.filter_chain_match.prefix_ranges)


def _is_of(chain: FilterChain, port: int) -> bool:
    return bool(chain.filter_chain_match.destination_port.value == port)
