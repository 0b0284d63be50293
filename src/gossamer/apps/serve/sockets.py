"""Sockets to listen on, IPv4 and IPv6 alike and on the same port."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence

EVERYWHERE = ("0.0.0.0", "::")
ATTEMPTS = 20


def hosts_from(environ: os._Environ[str] | dict[str, str]) -> tuple[str, ...]:
    """Where to listen: everywhere, unless GOSSAMER_APPS_LISTEN lists addresses (tests do)."""
    listed = environ.get("GOSSAMER_APPS_LISTEN", "")
    return tuple(part for part in listed.split(",") if part) or EVERYWHERE


def listen(port: int, hosts: Sequence[str] = EVERYWHERE) -> list[socket.socket]:
    """Listening sockets for every host; port 0 picks one port that is free on all of them.

    Two sockets instead of one dual-stack socket, so that an IPv4 caller's address reads as IPv4.
    A host without IPv6 listens on IPv4 alone.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _listen_once(port, hosts)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE and port == 0
            if not taken or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def port_of(sockets: Sequence[socket.socket]) -> int:
    """The port that these sockets share."""
    port: int = sockets[0].getsockname()[1]
    return port


def _listen_once(port: int, hosts: Sequence[str]) -> list[socket.socket]:
    opened: list[socket.socket] = []
    try:
        for host in hosts:
            if ":" in host and not _has_ipv6() and opened:
                continue
            opened.append(_bind(host, port))
            port = port_of(opened)
    except OSError:
        for one in opened:
            one.close()
        raise
    return opened


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio sets TCP_NODELAY only then (else 40 ms per answer).
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        bound.listen(512)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        reason = f"cannot listen on {host} port {port}: {error.strerror}"
        raise OSError(error.errno, reason) from error
    return bound


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
