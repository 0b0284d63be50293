"""Ending TCP connections of a network namespace by whom they lead to.

A proxy asks whether a peer is welcome when a connection begins. What was open before, Envoy leaves
open. The kernel lists the namespace's sockets and ends those that it is told (`SOCK_DESTROY`, as
`ss --kill` does): both ends see a reset at once, whoever spoke last.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

_SOCK_DIAG = 4
_BY_FAMILY, _DESTROY = 20, 21
_ERROR, _DONE = 2, 3
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_LISTEN, _CLOSED, _TIME_WAIT = 10, 7, 6
_OPEN = 0xFFF & ~(1 << _LISTEN | 1 << _CLOSED | 1 << _TIME_WAIT)
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBBI48s")
_ANY_SOCKET = bytes(48)
_IDENTITY = slice(4, 52)
"""Where a socket's ports, addresses and cookie stand in the kernel's answer."""

_REMOTE = slice(20, 36)
_ANSWER_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """A TCP socket by what the kernel knows it by, and the address at its other end."""

    family: int
    identity: bytes
    remote: str


def end_connections(addresses: Iterable[str]) -> int:
    """End every TCP connection of this namespace to or from these addresses; how many there were.

    OSError where the kernel cannot (one built without INET_DIAG_DESTROY) or must not.
    """
    wanted = frozenset(str(ip_address(each)) for each in addresses)
    ended = 0
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as line:
        line.settimeout(_ANSWER_TIMEOUT_S)
        line.bind((0, 0))
        for family in (socket.AF_INET, socket.AF_INET6):
            for connection in list(_open(line, family)):
                if connection.remote in wanted:
                    ended += _end(line, connection)
    return ended


def _open(line: socket.socket, family: int) -> Iterator[OpenConnection]:
    line.send(_message(_BY_FAMILY, _REQUEST | _DUMP, family, _ANY_SOCKET))
    while True:
        for kind, body in _parts(line.recv(1 << 16)):
            if kind == _DONE:
                return
            if kind == _ERROR:
                raise _refused(body)
            identity = body[_IDENTITY]
            yield OpenConnection(body[0], identity, _address(body[0], identity[_REMOTE]))


def _end(line: socket.socket, connection: OpenConnection) -> int:
    """1, or 0 where it ended by itself meanwhile."""
    flags = _REQUEST | _ACK
    line.send(_message(_DESTROY, flags, connection.family, connection.identity))
    for kind, body in _parts(line.recv(1 << 16)):
        if kind == _ERROR:
            refused = _refused(body)
            if refused.errno == errno.ENOENT:
                return 0
            if refused.errno:
                raise refused
    return 1


def _message(kind: int, flags: int, family: int, identity: bytes) -> bytes:
    body = _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 0, _OPEN, identity)
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body


def _parts(received: bytes) -> Iterator[tuple[int, bytes]]:
    while len(received) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(received)
        yield kind, received[_HEADER.size : length]
        received = received[(length + 3) & ~3 :]


def _refused(body: bytes) -> OSError:
    number = -struct.unpack_from("=i", body)[0]
    return OSError(number, f"connections cannot be ended: {os.strerror(number)}")


def _address(family: int, raw: bytes) -> str:
    """A socket of both families has IPv4 addresses inside IPv6 ones."""
    if family == socket.AF_INET:
        return str(ip_address(raw[:4]))
    address = IPv6Address(raw)
    return str(address.ipv4_mapped or address)
