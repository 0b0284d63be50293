"""A rule's matches and verdict as the kernel's little register machine knows them.

Each match loads something into register 1 and compares; a failed comparison ends the rule. The
verdict is an expression too. Pure bytes, no socket.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from gossamer.capture.rules import (
    Accept,
    ByService,
    Carries,
    Dnat,
    Family,
    Marked,
    Network,
    OneIn,
    OutsideNetwork,
    OverLoopback,
    RedirectRule,
    Refuse,
    Rule,
    ToNetwork,
    ToPort,
    TransportProtocol,
)

_NESTED = 0x8000
_VERDICT_REGISTER = 0
_FIRST = 1
_SECOND = 2
_CONCATENATED = 8  # the first of the 4-byte registers; they overlay register 1 and on
_META_MARK, _META_OUT_NAME, _META_PROTOCOL = 3, 7, 16
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
_EQUAL, _NOT_EQUAL = 0, 1
_GOTO = -4
_ACCEPT = 1
_RANDOM = 1
_DESTINATION_OFFSET = {4: 16, 6: 24}
_FAMILY_NUMBER = {Family.V4: 2, Family.V6: 10}
_PORT_UNREACHABLE = {Family.V4: 3, Family.V6: 4}
_PROTOCOL_NUMBER = {TransportProtocol.TCP: 6, TransportProtocol.UDP: 17}


def attribute(kind: int, payload: bytes) -> bytes:
    """One netlink attribute, padded to four bytes."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nested(kind: int, payload: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, payload)


def text(name: str) -> bytes:
    """A name as the kernel wants it."""
    return name.encode() + b"\0"


def verdict_to(chain: str) -> bytes:
    """The data of a verdict that continues in `chain`."""
    return nested(2, attribute(1, struct.pack("!i", _GOTO)) + attribute(2, text(chain)))


def rule_expressions(rule: Rule, family: Family) -> bytes:
    """Every expression of a rule, in order."""
    parts = (*rule.matches, rule.verdict)
    return b"".join(_EXPRESSIONS[type(part)](part, family) for part in parts)


def _expression(name: str, *attributes: bytes) -> bytes:
    body = attribute(1, text(name)) + nested(2, b"".join(attributes))
    return nested(1, body)


def _number(kind: int, number: int) -> bytes:
    return attribute(kind, struct.pack("!I", number))


def _value(kind: int, data: bytes) -> bytes:
    return nested(kind, attribute(1, data))


def _compare(data: bytes, operator: int = _EQUAL) -> bytes:
    return _expression("cmp", _number(1, _FIRST), _number(2, operator), _value(3, data))


def _load_meta(key: int, register: int = _FIRST) -> bytes:
    return _expression("meta", _number(1, register), _number(2, key))


def _load_packet(header: int, offset: int, length: int, register: int = _FIRST) -> bytes:
    numbers = enumerate((register, header, offset, length), 1)
    return _expression("payload", *(_number(kind, number) for kind, number in numbers))


def _load_value(register: int, data: bytes) -> bytes:
    return _expression("immediate", _number(1, register), _value(2, data))


def _marked(match: Marked, _: Family) -> bytes:
    return _load_meta(_META_MARK) + _compare(struct.pack("=I", match.mark))


def _over_loopback(_: OverLoopback, __: Family) -> bytes:
    return _load_meta(_META_OUT_NAME) + _compare(b"lo".ljust(16, b"\0"))


def _carries(match: Carries, _: Family) -> bytes:
    return _load_meta(_META_PROTOCOL) + _compare(bytes([_PROTOCOL_NUMBER[match.protocol]]))


def _to_port(match: ToPort, family: Family) -> bytes:
    port = _load_packet(_TRANSPORT_HEADER, 2, 2) + _compare(struct.pack("!H", match.port))
    return _carries(Carries(match.protocol), family) + port


def _to_network(match: ToNetwork, _: Family) -> bytes:
    return _destination(match.network, _EQUAL)


def _outside_network(match: OutsideNetwork, _: Family) -> bytes:
    return _destination(match.network, _NOT_EQUAL)


def _destination(network: Network, operator: int) -> bytes:
    length = len(network.network_address.packed)
    load = _load_packet(_NETWORK_HEADER, _DESTINATION_OFFSET[network.version], length)
    registers = (_number(1, _FIRST), _number(2, _FIRST), _number(3, length))
    mask = _value(4, network.netmask.packed), _value(5, bytes(length))
    bits = _expression("bitwise", *registers, *mask)
    return load + bits + _compare(network.network_address.packed, operator)


def _one_in(match: OneIn, _: Family) -> bytes:
    numbers = enumerate((_FIRST, match.choices, _RANDOM), 1)
    chance = _expression("numgen", *(_number(kind, number) for kind, number in numbers))
    return chance + _compare(bytes(4))


def _by_service(match: ByService, family: Family) -> bytes:
    version = family.version
    width = {4: 4, 6: 16}[version]
    address, port = _CONCATENATED + 1, _CONCATENATED + 1 + width // 4
    loads = (
        _load_meta(_META_PROTOCOL, _CONCATENATED),
        _load_packet(_NETWORK_HEADER, _DESTINATION_OFFSET[version], width, address),
        _load_packet(_TRANSPORT_HEADER, 2, 2, port),
    )
    look = attribute(1, text(match.map))
    registers = (_number(2, _CONCATENATED), _number(3, _VERDICT_REGISTER))
    return b"".join(loads) + _expression("lookup", look, *registers)


def _accept(_: Accept, __: Family) -> bytes:
    verdict = nested(2, nested(2, attribute(1, struct.pack("!i", _ACCEPT))))
    return _expression("immediate", _number(1, _VERDICT_REGISTER), verdict)


def _redirect(verdict: RedirectRule, _: Family) -> bytes:
    port = _load_value(_FIRST, struct.pack("!H", verdict.port))
    return port + _expression("redir", _number(1, _FIRST))


def _dnat(verdict: Dnat, family: Family) -> bytes:
    address = _load_value(_FIRST, verdict.address.packed)
    port = _load_value(_SECOND, struct.pack("!H", verdict.port))
    where = (_number(1, 1), _number(2, _FAMILY_NUMBER[family]), _number(3, _FIRST))
    return address + port + _expression("nat", *where, _number(5, _SECOND))


def _refuse(_: Refuse, family: Family) -> bytes:
    return _expression("reject", _number(1, 0), attribute(2, bytes([_PORT_UNREACHABLE[family]])))


_EXPRESSIONS: dict[type, Callable[[Any, Family], bytes]] = {
    Marked: _marked,
    OverLoopback: _over_loopback,
    Carries: _carries,
    ToPort: _to_port,
    ToNetwork: _to_network,
    OutsideNetwork: _outside_network,
    OneIn: _one_in,
    ByService: _by_service,
    Accept: _accept,
    RedirectRule: _redirect,
    Dnat: _dnat,
    Refuse: _refuse,
}
