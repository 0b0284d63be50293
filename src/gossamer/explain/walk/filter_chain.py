"""Which filter chain of a listener takes a connection.

Source: envoy.config.listener.v3.FilterChainMatch. Criteria are looked at in one order, and each
narrows for good: the most specific value that some chain names wins, even if its chains then fail
a later criterion; only then the default chain is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from envoy.config.listener.v3.listener_components_pb2 import FilterChain, FilterChainMatch
from envoy.config.listener.v3.listener_pb2 import Listener

PLAIN, TLS = "raw_buffer", "tls"
REQUESTS = ("http/1.1",)
"""What is found in plaintext that is HTTP, where somebody looks for it."""

HTTP = "envoy.filters.network.http_connection_manager"


@dataclass(frozen=True, slots=True)
class IncomingConnection:
    """What a listener knows of a connection before it reads a request.

    `address` is the IP dialled, None for one that lies outside every range that is declared.
    """

    address: str | None
    port: int
    transport: str = PLAIN
    server_name: str = ""
    alpn: tuple[str, ...] = ()


def find_chain(listener: Listener, connection: IncomingConnection) -> FilterChain | None:
    """The chain that takes the connection; None where it is closed."""
    chains = list(listener.filter_chains)
    for narrow in (_by_port, _by_address, _by_name, _by_transport, _by_protocol):
        chains = narrow(chains, connection)
    if chains:
        return chains[0]
    default = listener.HasField("default_filter_chain")
    return listener.default_filter_chain if default else None


def _by_port(chains: list[FilterChain], connection: IncomingConnection) -> list[FilterChain]:
    return _exact(
        chains,
        lambda m: (m.destination_port.value,) if m.HasField("destination_port") else (),
        (connection.port,),
    )


def _by_address(chains: list[FilterChain], connection: IncomingConnection) -> list[FilterChain]:
    lengths = [_prefix(chain.filter_chain_match, connection.address) for chain in chains]
    longest = max((length for length in lengths if length is not None), default=None)
    return [c for c, length in zip(chains, lengths, strict=True) if length == longest is not None]


def _prefix(match: FilterChainMatch, address: str | None) -> int | None:
    """The longest prefix of a chain that holds the address, -1 where it asks for none."""
    if not match.prefix_ranges:
        return -1
    if address is None:
        return None
    inside = (
        prefix.prefix_len.value
        for prefix in match.prefix_ranges
        if _holds(prefix.address_prefix, prefix.prefix_len.value, address)
    )
    return max(inside, default=None)


def _holds(prefix: str, length: int, address: str) -> bool:
    return _parsed(address) in _network(prefix, length)


@lru_cache(maxsize=4096)
def _network(prefix: str, length: int) -> IPv4Network | IPv6Network:
    return ip_network((prefix, length), strict=False)


@lru_cache(maxsize=64)
def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address)


def _by_name(chains: list[FilterChain], connection: IncomingConnection) -> list[FilterChain]:
    name = connection.server_name.lower()
    labels = name.split(".")
    wildcards = ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]
    return _exact(chains, lambda m: m.server_names, (name, *wildcards) if name else ())


def _by_transport(chains: list[FilterChain], connection: IncomingConnection) -> list[FilterChain]:
    return _exact(chains, lambda m: filter(None, (m.transport_protocol,)), (connection.transport,))


def _by_protocol(chains: list[FilterChain], connection: IncomingConnection) -> list[FilterChain]:
    return _exact(chains, lambda m: m.application_protocols, connection.alpn)


def _exact(
    chains: list[FilterChain],
    values_of: Callable[[FilterChainMatch], Iterable[Any]],
    wanted: Iterable[Any],
) -> list[FilterChain]:
    """The chains that name the first wanted value that any names, else those that name none."""
    named = [(chain, frozenset(values_of(chain.filter_chain_match))) for chain in chains]
    for value in wanted:
        exact = [chain for chain, values in named if value in values]
        if exact:
            return exact
    return [chain for chain, values in named if not values]
