"""Listeners and filter chains: where they bind, and which connections a chain takes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from envoy.config.core.v3.base_pb2 import TrafficDirection, TransportSocket
from envoy.config.listener.v3.listener_components_pb2 import (
    Filter,
    FilterChain,
    FilterChainMatch,
)
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.listeners.tcp_connection import to_cluster
from gossamer.compile.protos import socket_address
from gossamer.compile.side import Side
from gossamer.contract.cluster_names import BLACKHOLE

TLS, PLAIN = "tls", "raw_buffer"


def listener(name: str, port: int, direction: str) -> Listener:
    """An empty listener on that port of every address, IPv4 and IPv6."""
    proto = Listener(name=name)
    proto.address.CopyFrom(socket_address("0.0.0.0", port))
    proto.additional_addresses.add().address.CopyFrom(socket_address("::", port))
    proto.traffic_direction = TrafficDirection.Value(direction)
    return proto


def sidecar_listener(name: str, port: int, direction: str) -> Listener:
    """A listener beside an application, on a port that is nobody else's.

    With SO_REUSEPORT, Envoy's default, an application of the proxy's user could listen there too
    and be handed a share of what was captured, past every rule. One worker has no use for it.
    """
    proto = listener(name, port, direction)
    proto.enable_reuse_port.value = False
    return proto


def chain(
    name: str,
    match: FilterChainMatch,
    filters: Iterable[Filter],
    socket: TransportSocket | None = None,
) -> FilterChain:
    """A chain for the connections that match."""
    proto = FilterChain(name=name, filters=filters)
    proto.filter_chain_match.CopyFrom(match)
    if socket is not None:
        proto.transport_socket.CopyFrom(socket)
    return proto


def match_port(port: int | None, ranges: Iterable[str] = ()) -> FilterChainMatch:
    """Connections to a port (None for any), inside those address ranges where any are given."""
    match = FilterChainMatch()
    if port is not None:
        match.destination_port.value = port
    for text in ranges:
        network = ip_network(text)
        prefix = match.prefix_ranges.add(address_prefix=str(network.network_address))
        prefix.prefix_len.value = network.prefixlen
    return match


def own_port_closed(read: TrackedLookup, side: Side) -> FilterChain:
    """Close what was sent to the proxy itself: passing it on would come back for ever."""
    carry = to_cluster(read, side, BLACKHOLE)
    return chain(f"own|{side.port}", match_port(side.port), carry)
