"""The little of protobuf's wire format that joining and slicing ready bytes takes.

A response is megabytes of resources that are already encoded. Building protobuf objects to
join or to split it would cost more than everything else on the road of a change, so frames
are appended and sliced as bytes. Only varints and length-delimited fields carry meaning here;
fixed-width fields are stepped over, groups (long dead) are refused.
"""

from __future__ import annotations

from collections.abc import Iterator

BYTES = 2
_WIDTH = {1: 8, 5: 4}


class MalformedFrame(ValueError):
    """The bytes are not the protobuf message they were said to be."""


def varint(number: int) -> bytes:
    """Encode a non-negative integer, seven bits a byte, least significant first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, payload: bytes) -> bytes:
    """One length-delimited field: tag, length, payload."""
    return varint(number << 3 | BYTES) + varint(len(payload)) + payload


def text(number: int, value: str) -> bytes:
    """A string field; the empty string is proto3's default and takes no bytes."""
    return field(number, value.encode()) if value else b""


def integer(number: int, value: int) -> bytes:
    """An unsigned integer field."""
    return varint(number << 3) + varint(value)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The integer at `at` and the offset behind it."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise MalformedFrame(f"varint without an end at byte {at}")


def spans(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(field number, start of its tag, start of its payload, end) of each field that has bytes."""
    at = 0
    while at < len(data):
        start = at
        tag, at = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == BYTES:
            length, at = read_varint(data, at)
            if at + length > len(data):
                raise MalformedFrame(f"field {number} claims {length} bytes past the end")
            yield number, start, at, at + length
            at += length
        elif kind == 0:
            _, at = read_varint(data, at)
        elif kind in _WIDTH:
            at += _WIDTH[kind]
        else:
            raise MalformedFrame(f"field {number} has wire type {kind}")


def payloads(data: bytes, number: int) -> Iterator[bytes]:
    """Each payload of one field, in order."""
    return (data[begin:end] for field, _, begin, end in spans(data) if field == number)


def at_path(data: bytes, path: tuple[int, ...]) -> Iterator[bytes]:
    """Every payload that the field numbers of `path` lead to."""
    if not path:
        yield data
        return
    for payload in payloads(data, path[0]):
        yield from at_path(payload, path[1:])
