"""gRPC's message framing and the two messages of its health service, as bytes.

One flag byte (0: not compressed), four bytes of length, the message
(github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). The health messages have one field each
(grpc/health/v1/health.proto), so they are written out here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from urllib.parse import quote, unquote

HEADER = struct.Struct(">BI")


class GrpcStatus(IntEnum):
    """gRPC's status codes, those used here."""

    OK = 0
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


class RpcServing(IntEnum):
    """grpc.health.v1.HealthCheckResponse.ServingStatus."""

    UNKNOWN = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


class Deframer:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now. ValueError for a compressed one."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            compressed, length = HEADER.unpack_from(self._buffer)
            if compressed:
                raise ValueError("a compressed message came, and no compression was agreed")
            if len(self._buffer) < HEADER.size + length:
                return
            yield bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]


def frame(message: bytes) -> bytes:
    """A message with its header."""
    return HEADER.pack(0, len(message)) + message


def health_request(service: str) -> bytes:
    """HealthCheckRequest: field 1, a string; nothing at all for the empty name."""
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def read_health_request(message: bytes) -> str:
    """The service name in a HealthCheckRequest."""
    if message[:1] != b"\x0a":
        return ""
    length, start = _read_varint(message, 1)
    return message[start : start + length].decode("utf-8", "replace")


def health_response(serving: RpcServing) -> bytes:
    """HealthCheckResponse: field 1, an enum."""
    return b"\x08" + bytes([serving]) if serving else b""


def read_health_response(message: bytes) -> RpcServing:
    """The serving status in a HealthCheckResponse."""
    return RpcServing(message[1]) if message[:1] == b"\x08" else RpcServing.UNKNOWN


def trailers_of(status: int, message: str = "") -> list[tuple[bytes, bytes]]:
    """The trailers that end a call."""
    trailers = [(b"grpc-status", str(int(status)).encode())]
    if message:
        trailers.append((b"grpc-message", quote(message, safe=" !#$&'()*+,/:;=?@[]~").encode()))
    return trailers


def message_of(raw: str) -> str:
    """A grpc-message as people read it."""
    return unquote(raw)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at
