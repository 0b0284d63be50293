"""The resolver's listening sockets, opened in the mesh's network while the process stays out.

A child enters the namespaces, opens the sockets there and hands them back over a socket pair.
So one process answers inside the mesh and asks resolvers outside it, without the right to
return from a namespace, which an ordinary user has not.
"""

from __future__ import annotations

import array
import ctypes
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Endpoint = tuple[str, int]

_IP_FREEBIND, _IPV6_FREEBIND = 15, 78
_BACKLOG = 64


class NoListener(Exception):
    """A socket could not be opened; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One address served: its UDP and its TCP socket."""

    datagrams: socket.socket
    streams: socket.socket


def open_here(endpoints: Sequence[Endpoint]) -> list[Listening]:
    """The sockets, in the network that this process is in; or NoListener."""
    return [
        Listening(_bound(each, socket.SOCK_DGRAM), _bound(each, socket.SOCK_STREAM))
        for each in endpoints
    ]


def open_inside(endpoints: Sequence[Endpoint], namespaces: Sequence[Path]) -> list[Listening]:
    """The sockets, in the network of `namespaces` (entered in order, user before network).

    Call it before any thread exists: a process with threads may not enter a user namespace.
    """
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        os._exit(_hand_over(far, endpoints, namespaces))
    far.close()
    problem, files = _receive(near, 2 * len(endpoints))
    near.close()
    os.waitpid(child, 0)
    if len(files) != 2 * len(endpoints):
        raise NoListener(problem or "The child that opens the sockets died. No name is answered.")
    held = [socket.socket(fileno=file) for file in files]
    return [Listening(*pair) for pair in zip(held[::2], held[1::2], strict=True)]


def _hand_over(far: socket.socket, endpoints: Sequence[Endpoint], paths: Sequence[Path]) -> int:
    """In the child: enter, open, send; or send the reason why not. The exit code."""
    try:
        for path in paths:
            _enter(path)
        pairs = open_here(endpoints)
    except NoListener as error:
        far.send(str(error).encode())
        return 1
    files = [each.fileno() for pair in pairs for each in (pair.datagrams, pair.streams)]
    socket.send_fds(far, [b"open"], files)
    return 0


def _receive(near: socket.socket, most: int) -> tuple[str, list[int]]:
    text, files, _, _ = socket.recv_fds(near, 4096, most)
    return text.decode(errors="replace"), list(array.array("i", files))


def _enter(path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        with path.open() as namespace:
            if libc.setns(namespace.fileno(), 0):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
    except OSError as error:
        raise NoListener(
            f"The resolver cannot enter the namespace {path}: {error}. No name is answered. "
            "Check that the lab's world is running and belongs to this user."
        ) from error


def _bound(endpoint: Endpoint, kind: socket.SocketKind) -> socket.socket:
    version6 = ":" in endpoint[0]
    opened = socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:  # for datagrams it would share the port with anybody
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if version6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        # A v6 address is not bindable while the kernel still checks for its double.
        opened.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        opened.bind(endpoint)
        if kind == socket.SOCK_STREAM:
            opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        raise NoListener(
            f"The resolver cannot listen on {endpoint[0]} port {endpoint[1]}: {error}. "
            "No name is answered there. Free the port, or name another with --listen."
        ) from error
    opened.setblocking(False)
    return opened
