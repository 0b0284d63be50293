"""Service addresses for whoever is not captured: a change of VIPs as nftables messages.

The translation happens in each pod's own output chain, not at the bridge. There the caller keeps
its own source address, answers come straight back over the bridge, a pod that reaches itself
does so over its own loopback with no masquerade, connection tracking is spread over the pods,
and a proxy's marked sockets pass the same chain after capture has let them go. The price, the
same small transaction in every pod, was measured at about a tenth of a millisecond each.

Per VIP there is one chain: rule i of n takes one connection in n-i, so every endpoint gets an
equal share. A map leads from (transport, address, port) to the chain in one step. A VIP with no
endpoint is in another map, whose chain refuses at once. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from gossamer.capture.netfilter import (
    Message,
    ServiceKey,
    add_chain,
    add_elements,
    add_map,
    add_rule,
    add_table,
    delete_chain,
    delete_elements,
    empty_chain,
    without_table,
)
from gossamer.capture.rules import (
    Address,
    ByService,
    Chain,
    Dnat,
    Family,
    Hook,
    OneIn,
    Refuse,
    Rule,
    TransportProtocol,
)

TABLE = "gossamer-services"
_SERVED, _REFUSED = "served", "refused"
_REFUSE_CHAIN = "refuse"
_AFTER_CAPTURE = -90
_FILTER = 0
_TRANSACTION_BYTES = 150_000

Endpoint = tuple[Address, int]
Services = Mapping[ServiceKey, tuple[Endpoint, ...]]


@dataclass(frozen=True, slots=True)
class Vip:
    """A Service's address and port, and where its connections go; `protocol` is TCP or UDP."""

    address: str
    protocol: str
    port: int
    endpoints: tuple[tuple[str, int], ...]


def services(vips: Iterable[Vip]) -> dict[ServiceKey, tuple[Endpoint, ...]]:
    """VIPs by key, with the endpoints that a connection can be sent to: those of its family."""
    return {_key(vip): _reachable(vip) for vip in vips}


def _key(vip: Vip) -> ServiceKey:
    return ServiceKey(TransportProtocol(vip.protocol.lower()), ip_address(vip.address), vip.port)


def _reachable(vip: Vip) -> tuple[Endpoint, ...]:
    version = ip_address(vip.address).version
    endpoints = ((ip_address(address), port) for address, port in vip.endpoints)
    return tuple(sorted({e for e in endpoints if e[0].version == version}, key=str))


def empty_tables(families: Iterable[Family]) -> Iterator[Message]:
    """Tables that know no VIP, in place of whatever was."""
    for family in families:
        yield from without_table(family, TABLE)
        yield add_table(family, TABLE)
        for identity, name in enumerate((_SERVED, _REFUSED), 1):
            yield add_map(family, TABLE, name, identity)
        for chain in _fixed_chains():
            yield from add_chain(family, TABLE, chain)


def _fixed_chains() -> tuple[Chain, ...]:
    served = Rule((), ByService(_SERVED))
    refused = Rule((), ByService(_REFUSED))
    return (
        Chain(_REFUSE_CHAIN, (Rule((), Refuse()),)),
        Chain("output", (served,), Hook.OUTPUT, _AFTER_CAPTURE),
        Chain("unserved", (refused,), Hook.OUTPUT, _FILTER, "filter"),
    )


def transactions(before: Services, after: Services) -> Iterator[tuple[Message, ...]]:
    """What leads from `before` to `after`: one transaction, or several when very large.

    A VIP's own change is never cut in two.
    """
    batch: list[Message] = []
    for key in sorted(before.keys() | after.keys(), key=str):
        batch.extend(_change(key, before.get(key), after.get(key)))
        if sum(len(message.payload) for message in batch) > _TRANSACTION_BYTES:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)


def _change(
    key: ServiceKey, before: tuple[Endpoint, ...] | None, after: tuple[Endpoint, ...] | None
) -> Iterable[Message]:
    if before == after:
        return ()
    if before and after:
        return itertools.chain([empty_chain(key.family, TABLE, _name(key))], _spread(key, after))
    return itertools.chain(_remove(key, before), _add(key, after))


def _remove(key: ServiceKey, endpoints: tuple[Endpoint, ...] | None) -> Iterator[Message]:
    if endpoints is None:
        return
    name = _SERVED if endpoints else _REFUSED
    yield from delete_elements(key.family, TABLE, name, [key])
    if endpoints:
        yield empty_chain(key.family, TABLE, _name(key))
        yield delete_chain(key.family, TABLE, _name(key))


def _add(key: ServiceKey, endpoints: tuple[Endpoint, ...] | None) -> Iterator[Message]:
    if endpoints is None:
        return
    if not endpoints:
        yield from add_elements(key.family, TABLE, _REFUSED, [(key, _REFUSE_CHAIN)])
        return
    yield from add_chain(key.family, TABLE, Chain(_name(key), ()))
    yield from _spread(key, endpoints)
    yield from add_elements(key.family, TABLE, _SERVED, [(key, _name(key))])


def _spread(key: ServiceKey, endpoints: tuple[Endpoint, ...]) -> Iterator[Message]:
    for taken, (address, port) in enumerate(endpoints):
        left = len(endpoints) - taken
        chance = (OneIn(left),) if left > 1 else ()
        yield add_rule(key.family, TABLE, _name(key), Rule(chance, Dnat(address, port)))


def _name(key: ServiceKey) -> str:
    return f"{key.protocol}-{key.address}-{key.port}"
