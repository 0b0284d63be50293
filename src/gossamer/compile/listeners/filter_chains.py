"""Listeners and filter chains: where they bind, and which connections a chain takes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

from envoy.config.core.v3.base_pb2 import TrafficDirection, TransportSocket
from envoy.config.listener.v3.listener_components_pb2 import (
    Filter,
    FilterChain,
    FilterChainMatch,
    ListenerFilter,
)
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.listener.original_dst.v3.original_dst_pb2 import OriginalDst
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector

from gossamer.compile.cluster_name import BLACKHOLE
from gossamer.compile.listeners.access_logs import Reporter
from gossamer.compile.listeners.tcp_connection import to_cluster
from gossamer.compile.protos import packed, socket_address

TLS, PLAIN = "tls", "raw_buffer"


def listener(name: str, port: int, direction: str) -> Listener:
    """An empty listener on that port of every address, IPv4 and IPv6."""
    made = Listener(name=name)
    made.address.CopyFrom(socket_address("0.0.0.0", port))
    made.additional_addresses.add().address.CopyFrom(socket_address("::", port))
    made.traffic_direction = TrafficDirection.Value(direction)
    return made


def add_original_dst(made: Listener) -> None:
    """Restore the address that the caller dialled, which capture had redirected."""
    _add_filter(made, "envoy.filters.listener.original_dst", OriginalDst())


def add_tls_inspector(made: Listener) -> None:
    """Look whether TLS is spoken, and which names are asked for."""
    _add_filter(made, "envoy.filters.listener.tls_inspector", TlsInspector())


def _add_filter(made: Listener, name: str, config: Any) -> None:
    made.listener_filters.append(ListenerFilter(name=name, typed_config=packed(config)))


def chain(
    name: str,
    match: FilterChainMatch,
    filters: Iterable[Filter],
    socket: TransportSocket | None = None,
) -> FilterChain:
    """A chain for the connections that match."""
    made = FilterChain(name=name, filters=filters)
    made.filter_chain_match.CopyFrom(match)
    if socket is not None:
        made.transport_socket.CopyFrom(socket)
    return made


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


def own_port_closed(port: int, reporter: Reporter) -> FilterChain:
    """Close what was sent to the proxy itself: passing it on would come back for ever."""
    return chain(f"own|{port}", match_port(port), (to_cluster(BLACKHOLE, reporter),))
