"""Ports of 127.0.0.1 that this lab has: each door keeps its own, from one start to the next, too.

A claim is a TCP socket that is bound and never listens. While it lives the kernel gives the port
to nobody else but processes of this user that share it on purpose (SO_REUSEPORT), as Envoy does:
no other user can put a server of theirs where people expect the lab.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from gossamer.process.private_files import write_private

HOST = "127.0.0.1"
SCHEMA = 1
_MOST_REMEMBERED = 500
_ANY_FREE = 0


class HostPorts:
    """The claimed ports by door, which is any text that names what the port leads to.

    `memory` is the file that outlives the lab, so that an address in a bookmark or a script holds.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._remembered = _read(memory)
        self._claims: dict[str, socket.socket] = {}

    def of(self, door: str, preferred: Iterable[int]) -> int:
        """Its port: the one it had, else the first free preferred one, else any.

        OSError where this machine has no port left.
        """
        claim = self._claims.get(door)
        if claim is None:
            before = [self._remembered[door]] if door in self._remembered else []
            claim = self._claims[door] = claim_port([*before, *preferred, _ANY_FREE])
            self._remember(door, _number(claim))
        return _number(claim)

    def index(self, door: str) -> int:
        """A number for a claimed door that no other door of this lab has."""
        return list(self._claims).index(door) + 1

    def _remember(self, door: str, port: int) -> None:
        if self._remembered.get(door) == port:
            return
        self._remembered.pop(door, None)
        newest = [*self._remembered.items(), (door, port)][-_MOST_REMEMBERED:]
        self._remembered = dict(newest)
        write_private(self._memory, json.dumps({"schema": SCHEMA, "ports": self._remembered}))

    def close(self) -> None:
        """Give the ports back."""
        for claim in self._claims.values():
            claim.close()


def _read(memory: Path) -> dict[str, int]:
    """What the last lab of this name had; nothing where that cannot be read."""
    try:
        ports = json.loads(memory.read_text())["ports"]
        return {str(door): int(port) for door, port in ports.items() if 0 < int(port) < 65536}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _number(claim: socket.socket) -> int:
    return int(claim.getsockname()[1])


def claim_port(candidates: Iterable[int]) -> socket.socket:
    """A claim of the first port that nobody has. OSError where all are taken."""
    for port in candidates:
        try:
            return _claimed(_unused(port))
        except OSError:
            continue
    raise OSError("no free port at 127.0.0.1 for a lab's address; end another lab or server")


def _unused(port: int) -> int:
    """The port, if nobody at all is bound to it; OSError otherwise."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((HOST, port))
        return _number(trial)


def _claimed(port: int) -> socket.socket:
    claim = socket.socket()
    try:
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        raise
    return claim
