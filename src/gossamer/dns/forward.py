"""Asking the host's resolvers, never for longer than two seconds.

The process stays in the host's network (only its listening sockets belong to the mesh's), so
each question gets a socket, and with it a source port, of its own.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

PATIENCE = 2.0
"""Seconds for one question, all resolvers together."""

REST = 5.0
"""Seconds in which, after all resolvers were silent, one question at a time tries again and
the others fail at once: an offline laptop must not make every lookup wait."""

MOST_AT_ONCE = 256

Upstream = tuple[str, int]
Way = Callable[[Upstream, bytes], Awaitable[bytes]]


class NoAnswer(Exception):
    """None of the host's resolvers answered in time."""


def read_upstreams(path: Path) -> tuple[Upstream, ...]:
    """The name servers of a resolv.conf; none if there is no such file."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    return tuple((each[1], 53) for each in words if len(each) > 1 and each[0] == "nameserver")


class Forwarder:
    """Asks upstreams in turn; remembers briefly that all of them are silent."""

    def __init__(self, upstreams: Sequence[Upstream], patience: float = PATIENCE) -> None:
        self.upstreams = tuple(upstreams)
        self._patience = patience
        self._asking = 0
        self._silent_until = 0.0

    async def ask(self, query: bytes, way: Way) -> bytes:
        """The answer to a query's bytes, by `datagram` or `stream`; or NoAnswer."""
        now = asyncio.get_running_loop().time()
        busy = self._asking >= (1 if now < self._silent_until else MOST_AT_ONCE)
        if busy or not self.upstreams:
            raise NoAnswer
        self._asking += 1
        try:
            async with asyncio.timeout(self._patience):
                return await self._in_turn(query, way)
        except TimeoutError:
            self._silent_until = asyncio.get_running_loop().time() + REST
            raise NoAnswer from None
        finally:
            self._asking -= 1

    async def _in_turn(self, query: bytes, way: Way) -> bytes:
        share = self._patience / len(self.upstreams)
        for upstream in self.upstreams:
            try:
                async with asyncio.timeout(share):
                    answer = await way(upstream, query)
            except (TimeoutError, OSError, EOFError):
                continue
            self._silent_until = 0.0
            return answer
        raise TimeoutError


async def datagram(upstream: Upstream, query: bytes) -> bytes:
    """One UDP exchange under a fresh id; answers under another id are not ours."""
    loop = asyncio.get_running_loop()
    ours = secrets.token_bytes(2) + query[2:]
    answered: asyncio.Future[bytes] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Exchange(ours, answered), remote_addr=upstream
    )
    try:
        transport.sendto(ours)
        return query[:2] + (await answered)[2:]
    finally:
        transport.close()


async def stream(upstream: Upstream, query: bytes) -> bytes:
    """One TCP exchange (RFC 1035, 4.2.2), for answers too long for a datagram."""
    reader, writer = await asyncio.open_connection(*upstream)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        length = int.from_bytes(await reader.readexactly(2), "big")
        return await reader.readexactly(length)
    finally:
        writer.close()


class _Exchange(asyncio.DatagramProtocol):
    """Hands the first matching datagram to whoever waits."""

    def __init__(self, query: bytes, answered: asyncio.Future[bytes]) -> None:
        self._query = query
        self._answered = answered

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[:2] == self._query[:2] and not self._answered.done():
            self._answered.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)
