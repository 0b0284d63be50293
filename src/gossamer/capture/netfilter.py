"""nftables over netlink, as bytes: rules become messages, messages become one transaction.

Pure: it packs, and never opens a socket. We pack ourselves because the tool `nft` is not on an
ordinary machine and pyroute2's encoder has neither maps of verdicts nor chance. Numbers are
those of linux/netfilter/nf_tables.h; what the kernel compares as packet bytes is big-endian,
what it keeps in its own words (marks, chance) is native.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from gossamer.capture.expressions import attribute, nested, rule_expressions, text, verdict_to
from gossamer.capture.rules import Address, Chain, Family, Hook, NftTable, Rule, TransportProtocol

_SUBSYSTEM = 10
_BATCH_BEGIN = 0x10
_BATCH_END = 0x11
_REQUEST = 0x1
_ACK = 0x4
_CREATE = 0x400
_APPEND = 0x800
_FAMILIES = {Family.V4: 2, Family.V6: 10}
_HOOKS = {Hook.PREROUTING: 0, Hook.OUTPUT: 3}
_PROTOCOLS = {TransportProtocol.TCP: 6, TransportProtocol.UDP: 17}
_MAP = 8
_VERDICT_DATA = 0xFFFF_FF00
_ELEMENTS_PER_MESSAGE = 400


class Verb(IntEnum):
    """What a message asks for."""

    NEW_TABLE = 0
    DELETE_TABLE = 2
    NEW_CHAIN = 3
    DELETE_CHAIN = 5
    NEW_RULE = 6
    DELETE_RULE = 8
    NEW_SET = 9
    NEW_ELEMENT = 12
    DELETE_ELEMENT = 14


@dataclass(frozen=True, slots=True)
class Message:
    """One step of a transaction; a transaction happens whole or not at all."""

    verb: Verb
    family: Family
    payload: bytes

    def packed(self, sequence: int, flags: int = 0) -> bytes:
        flags |= _REQUEST | (_CREATE if self.verb.name.startswith("NEW") else 0)
        flags |= _APPEND if self.verb is Verb.NEW_RULE else 0
        head = struct.pack("!BBH", _FAMILIES[self.family], 0, 0)
        return _message(_SUBSYSTEM << 8 | self.verb, flags, sequence, head + self.payload)


def _message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def transaction(messages: Iterable[Message]) -> tuple[bytes, int]:
    """The bytes of one transaction and the sequence number whose acknowledgement ends it."""
    listed = list(messages)
    last = len(listed)
    edge = struct.pack("!BBH", 0, 0, _SUBSYSTEM)
    packed = [
        message.packed(number, _ACK if number == last else 0)
        for number, message in enumerate(listed, 1)
    ]
    begin = _message(_BATCH_BEGIN, _REQUEST, 0, edge)
    end = _message(_BATCH_END, _REQUEST, last + 1, edge)
    return b"".join((begin, *packed, end)), last


def add_table(family: Family, name: str) -> Message:
    """Make a table; nothing happens where it exists."""
    return Message(Verb.NEW_TABLE, family, attribute(1, text(name)))


def delete_table(family: Family, name: str) -> Message:
    """Remove a table with everything in it."""
    return Message(Verb.DELETE_TABLE, family, attribute(1, text(name)))


def without_table(family: Family, name: str) -> Iterator[Message]:
    """Remove a table that may not exist."""
    yield add_table(family, name)
    yield delete_table(family, name)


def replace_table(table: NftTable) -> Iterator[Message]:
    """Put `table` in the place of whatever had its name."""
    yield from without_table(table.family, table.name)
    yield add_table(table.family, table.name)
    for chain in table.chains:
        yield from add_chain(table.family, table.name, chain)


def add_chain(family: Family, table: str, chain: Chain) -> Iterator[Message]:
    """A new chain and its rules."""
    payload = attribute(1, text(table)) + attribute(3, text(chain.name))
    if chain.hook is not None:
        number = attribute(1, struct.pack("!I", _HOOKS[chain.hook]))
        priority = attribute(2, struct.pack("!i", chain.priority))
        payload += nested(4, number + priority) + attribute(7, text(chain.type))
    yield Message(Verb.NEW_CHAIN, family, payload)
    for rule in chain.rules:
        yield add_rule(family, table, chain.name, rule)


def empty_chain(family: Family, table: str, chain: str) -> Message:
    """Remove every rule of a chain."""
    return Message(Verb.DELETE_RULE, family, attribute(1, text(table)) + attribute(2, text(chain)))


def delete_chain(family: Family, table: str, chain: str) -> Message:
    """Remove an empty chain that nothing leads to."""
    return Message(Verb.DELETE_CHAIN, family, attribute(1, text(table)) + attribute(3, text(chain)))


def add_rule(family: Family, table: str, chain: str, rule: Rule) -> Message:
    """Append a rule to a chain."""
    expressions = nested(4, rule_expressions(rule, family))
    names = attribute(1, text(table)) + attribute(2, text(chain))
    return Message(Verb.NEW_RULE, family, names + expressions)


def add_map(family: Family, table: str, name: str, identity: int) -> Message:
    """A map from (transport, address, port) to the chain that decides."""
    length = 4 + (4 if family is Family.V4 else 16) + 4
    numbers = ((3, _MAP), (4, 0), (5, length), (6, _VERDICT_DATA), (7, 0), (10, identity))
    packed = b"".join(attribute(kind, struct.pack("!I", number)) for kind, number in numbers)
    return Message(
        Verb.NEW_SET, family, attribute(1, text(table)) + attribute(2, text(name)) + packed
    )


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A Service's address and port, as a map knows it."""

    protocol: TransportProtocol
    address: Address
    port: int

    @property
    def family(self) -> Family:
        return Family.V4 if self.address.version == 4 else Family.V6

    def packed(self) -> bytes:
        protocol = struct.pack("B3x", _PROTOCOLS[self.protocol])
        return protocol + self.address.packed + struct.pack("!H2x", self.port)


def add_elements(
    family: Family, table: str, name: str, elements: Iterable[tuple[ServiceKey, str]]
) -> Iterator[Message]:
    """Map each key to the chain of that name."""
    packed = [_element(key, nested(2, verdict_to(chain))) for key, chain in elements]
    yield from _element_messages(Verb.NEW_ELEMENT, family, table, name, packed)


def delete_elements(
    family: Family, table: str, name: str, keys: Iterable[ServiceKey]
) -> Iterator[Message]:
    """Forget these keys; each must be in the map."""
    packed = [_element(key, b"") for key in keys]
    yield from _element_messages(Verb.DELETE_ELEMENT, family, table, name, packed)


def _element(key: ServiceKey, data: bytes) -> bytes:
    return nested(1, nested(1, attribute(1, key.packed())) + data)


def _element_messages(
    verb: Verb, family: Family, table: str, name: str, packed: list[bytes]
) -> Iterator[Message]:
    """An attribute's length has 16 bits, so many elements take several messages."""
    names = attribute(1, text(table)) + attribute(2, text(name))
    for start in range(0, len(packed), _ELEMENTS_PER_MESSAGE):
        part = b"".join(packed[start : start + _ELEMENTS_PER_MESSAGE])
        yield Message(verb, family, names + nested(3, part))
