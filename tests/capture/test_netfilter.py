"""Rules as netlink messages: framing that the kernel relies on."""

import struct
from ipaddress import ip_address

import pytest

from gossamer.capture.expressions import attribute, nested
from gossamer.capture.netfilter import (
    ServiceKey,
    Verb,
    add_elements,
    add_table,
    replace_table,
    transaction,
    without_table,
)
from gossamer.capture.plan import CapturePlan, tables
from gossamer.capture.rules import Family, TransportProtocol


def messages(packed: bytes) -> list[tuple[int, int, int]]:
    """(type, flags, sequence) of each netlink message."""
    found = []
    while packed:
        length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", packed)
        assert length % 4 == 0
        found.append((kind, flags, sequence))
        packed = packed[length:]
    return found


def test_attributes_are_padded_and_their_length_is_not() -> None:
    """Five bytes of payload: length nine, twelve on the wire."""
    assert attribute(3, b"abcde") == struct.pack("=HH", 9, 3) + b"abcde\0\0\0"
    assert nested(1, b"")[2:] == struct.pack("=H", 0x8001)


def test_a_transaction_is_framed_and_only_its_last_step_acknowledged() -> None:
    """Begin, steps, end; one answer tells that all of it was done."""
    packed, last = transaction(without_table(Family.V4, "t"))
    assert last == 2
    assert messages(packed) == [
        (0x10, 0x1, 0),
        (10 << 8 | Verb.NEW_TABLE, 0x401, 1),
        (10 << 8 | Verb.DELETE_TABLE, 0x5, 2),
        (0x11, 0x1, 3),
    ]


def test_replacing_a_table_removes_the_old_one_in_the_same_transaction() -> None:
    """There is no moment without rules, and none with both."""
    steps = list(replace_table(tables(CapturePlan())[0]))
    assert [step.verb.name for step in steps[:4]] == [
        "NEW_TABLE",
        "DELETE_TABLE",
        "NEW_TABLE",
        "NEW_CHAIN",
    ]
    assert sum(step.verb is Verb.NEW_RULE for step in steps) == 10


@pytest.mark.parametrize(("address", "length"), [("10.96.0.1", 12), ("fd00::1", 24)])
def test_a_key_fills_whole_registers(address: str, length: int) -> None:
    """Transport, address and port, each padded to four bytes."""
    packed = ServiceKey(TransportProtocol.UDP, ip_address(address), 53).packed()
    assert len(packed) == length
    assert packed[:4] == b"\x11\0\0\0"
    assert packed[-4:] == b"\0\x35\0\0"


def test_many_elements_take_several_messages() -> None:
    """An attribute's length has sixteen bits."""
    keys = [
        (ServiceKey(TransportProtocol.TCP, ip_address("10.96.0.1"), port), "c")
        for port in range(1, 1001)
    ]
    steps = list(add_elements(Family.V4, "t", "m", keys))
    assert len(steps) == 3
    assert all(len(step.payload) < 1 << 16 for step in steps)


def test_nothing_to_do_is_no_transaction() -> None:
    """No step, nobody to wait for."""
    assert transaction([])[1] == 0
    assert transaction([add_table(Family.V6, "t")])[1] == 1
