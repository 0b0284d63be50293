"""Which addresses the control plane asks for keys: those of the public internet alone.

An object names the host, and whoever may write objects would otherwise have the plane ask its own
machine, its neighbours or a cloud's metadata service for them. Pure: the addresses are arguments.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]

_NAT64 = IPv6Network("64:ff9b::/96")
_KINDS = (
    ("is_unspecified", "no address of a host"),
    ("is_loopback", "a loopback address"),
    ("is_link_local", "a link-local address, where metadata services are"),
    ("is_multicast", "a multicast address"),
    ("is_private", "a private address"),
)


def networks_of(text: str) -> Networks:
    """The networks in a list such as `10.1.0.0/16,fd00::/8`. Raises ValueError."""
    names = [each.strip() for each in text.split(",") if each.strip()]
    return tuple(ip_network(each, strict=False) for each in names)


def objection(address: str, allowed: Networks) -> str | None:
    """What kind of address it is, if nobody may ask there; None where it may be asked."""
    for each in _meant(ip_address(address)):
        if any(each in network for network in allowed):
            continue
        for attribute, kind in _KINDS:
            if getattr(each, attribute):
                return kind
        if not each.is_global:
            return "an address that is not of the public internet"
    return None


def _meant(address: Address) -> tuple[Address, ...]:
    """The address, or the IPv4 one that it stands for."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.teredo is not None:
        return address.teredo
    inner = address.ipv4_mapped or address.sixtofour
    return (address,) if inner is None else (inner,)
