"""The way out of the world: TCP to addresses the lab does not have goes to the edge's port.

The world has no route to the host's network. What a pod sends to any other address arrives at
the bridge; there it is taken to the inner edge's port, which carries it out. Without that port such
connections are refused at once, for there is no route.

A pod's own rules translate what it sends to a Service. Such an address that gets here is one that
no Service has (any more); it is refused by a rule, since the kernel itself answers packets
without a route only once a second, and a caller that tries again would wait for that. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network

from gossamer.capture.netfilter import Message, replace_table, without_table
from gossamer.capture.rules import (
    Accept,
    Carries,
    Chain,
    Family,
    Hook,
    Network,
    NftTable,
    RedirectRule,
    Refuse,
    Rule,
    ToNetwork,
    TransportProtocol,
)

TABLE = "gossamer-egress"
_BEFORE_ROUTING = -100
_BEFORE_TRANSLATION = -150
SERVICE_NETWORKS: tuple[Network, ...] = (
    IPv4Network("10.96.0.0/12"),
    IPv4Network("240.240.0.0/16"),
    IPv6Network("fd00:10:96::/108"),
    IPv6Network("2001:2::/48"),
)
MESH_NETWORKS: tuple[Network, ...] = (
    *SERVICE_NETWORKS,
    IPv4Network("10.244.0.0/16"),
    IPv4Network("127.0.0.0/8"),
    IPv6Network("fd00:10:244::/64"),
    IPv6Network("::1/128"),
    IPv6Network("fe80::/10"),
)


def egress_messages(port: int | None, families: Iterable[Family]) -> Iterator[Message]:
    """Lead outside connections to `port` of the world's root; None closes the way."""
    for family in families:
        if port is None:
            yield from without_table(family, TABLE)
        else:
            yield from replace_table(table(port, family))


def table(port: int, family: Family) -> NftTable:
    """The rules of the way out for one address family."""
    inside = [network for network in MESH_NETWORKS if network.version == family.version]
    stay = [Rule((ToNetwork(network),), Accept()) for network in inside]
    leave = Rule((Carries(TransportProtocol.TCP),), RedirectRule(port))
    chain = Chain("prerouting", (*stay, leave), Hook.PREROUTING, _BEFORE_ROUTING)
    nowhere = [
        Rule((ToNetwork(network),), Refuse())
        for network in SERVICE_NETWORKS
        if network.version == family.version
    ]
    refusing = Chain("nowhere", tuple(nowhere), Hook.PREROUTING, _BEFORE_TRANSLATION, "filter")
    return NftTable(family, TABLE, (refusing, chain))
