"""Addresses and ranges as text: which are one, and which lie in the mesh's own ranges."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network

from gossamer.model.addressing.addresses import MESH_RANGES, POD_RANGES, SERVICE_RANGES

_GIVEN = tuple(ip_network(text) for text in (*POD_RANGES, *SERVICE_RANGES))
_RANGES = tuple(ip_network(text) for text in MESH_RANGES)


def ranges(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those that are addresses or ranges, once each and in order."""
    return tuple(sorted({address for address in addresses if is_range(address)}))


@lru_cache(maxsize=65536)
def is_range(text: str) -> bool:
    """Whether the text is an address or a range."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65536)
def in_mesh(address: str) -> bool:
    """Whether an address or range lies in one of the mesh's own. Raises ValueError for others."""
    network = ip_network(address)
    return any(
        network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in _RANGES
    )


@lru_cache(maxsize=65536)
def is_given_by_mesh(address: str) -> bool:
    """Whether an address or range meets those that the mesh gives to its pods and Services; a text
    that is neither does not."""
    if not is_range(address):
        return False
    network = ip_network(address, strict=False)
    return any(network.version == each.version and network.overlaps(each) for each in _GIVEN)


def outside(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses and ranges that are not the mesh's own."""
    return tuple(address for address in ranges(addresses) if not in_mesh(address))
