"""Asking the host's resolvers, never for longer than two seconds, and for each client apart.

The process stays in the host's network (only its listening sockets belong to the mesh's), so
each question gets a socket, and with it a source port, of its own: whoever forges an answer must
guess that port and the fresh id, and repeat the question. Nothing is kept, so a forged answer
could mislead one lookup and poison none.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from gossamer.dns.fairness import Places, Silence

PATIENCE = 2.0
"""Seconds for one question, all resolvers together."""

REST = 5.0
"""Seconds in which a client that met only silence tries two questions at a time, and its others
fail at once: an offline laptop must not make every lookup wait."""

SEVERAL = 3
"""Names that must meet silence, with no answer to anybody between them, before a client rests."""

MOST_AT_ONCE = 512
MOST_OF_A_CLIENT = 32
TRIALS = 2
"""Questions of a resting client that may still wait: a lookup asks for A and AAAA together."""

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
    """Asks upstreams in turn; remembers briefly for whom all of them are silent."""

    def __init__(self, upstreams: Sequence[Upstream], patience: float = PATIENCE) -> None:
        self.upstreams = tuple(upstreams)
        self._patience = patience
        self._places = Places(MOST_AT_ONCE)
        self._silence = Silence(SEVERAL, REST)

    async def ask(self, query: bytes, way: Way, client: str) -> bytes:
        """The answer to a query's bytes, by `datagram` or `stream`; or NoAnswer."""
        now = asyncio.get_running_loop().time()
        most = TRIALS if self._silence.holds(client, now) else MOST_OF_A_CLIENT
        if not self.upstreams or not self._places.take(client, most):
            raise NoAnswer
        try:
            async with asyncio.timeout(self._patience):
                return await self._in_turn(query, way)
        except TimeoutError:
            later = asyncio.get_running_loop().time()
            self._silence.met(client, question_of(query).lower(), later)
            raise NoAnswer from None
        finally:
            self._places.give_back(client)

    async def _in_turn(self, query: bytes, way: Way) -> bytes:
        share = self._patience / len(self.upstreams)
        for upstream in self.upstreams:
            try:
                async with asyncio.timeout(share):
                    answer = await way(upstream, query)
            except (TimeoutError, OSError, EOFError):
                continue
            if not answers(query, answer):
                continue
            self._silence.broken()
            return answer
        raise TimeoutError


def question_of(message: bytes) -> bytes:
    """The question's bytes in a message with one: name, kind and class."""
    end = 12
    while end < len(message) and message[end]:
        end += 1 + message[end]
    return bytes(message[12 : end + 5])


def answers(query: bytes, answer: bytes) -> bool:
    """Whether this is a response that repeats the query's question, in whatever case."""
    if len(answer) < 12 or not answer[2] & 0x80:
        return False
    asked = question_of(query).lower()
    empty = answer[4:6] == b"\0\0"  # an error need not repeat what it could not read
    return (empty and bool(answer[3] & 0x0F)) or question_of(answer).lower() == asked


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
    """Hands the first datagram that answers our question to whoever waits."""

    def __init__(self, query: bytes, answered: asyncio.Future[bytes]) -> None:
        self._query = query
        self._answered = answered

    def datagram_received(self, data: bytes, addr: object) -> None:
        ours = data[:2] == self._query[:2] and answers(self._query, data)
        if ours and not self._answered.done():
            self._answered.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)
