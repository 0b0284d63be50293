"""Thousands of odd requests over kept connections: HTTP/1.1 as bytes, HTTP/2 as frames."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 20
TOGETHER, CONNECTIONS = 40, 6
DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
WIDE = b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\x00\x00\x00"
"""A window that no test of ours fills."""

REFUSED = b""
PATH, NAME, PLAIN = (
    re.compile(r"/[!-\"$-~]*"),
    re.compile(r"[A-Za-z.]+"),
    re.compile(r"[a-zA-Z, -]+"),
)
Where = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as a client may write it; its strings stand for bytes (Latin-1)."""

    path: str = "/"
    host: str = "front.example"
    method: str = "GET"
    lines: tuple[tuple[str, str], ...] = ()

    def plain(self) -> bool:
        """Whether nothing of it would cost the connection."""
        named = all(PLAIN.fullmatch(f"{name}{value}") for name, value in self.lines)
        return bool(named and PATH.fullmatch(self.path) and NAME.fullmatch(self.host + self.method))

    def first(self) -> bytes:
        """As HTTP/1.1."""
        lines = (f"host: {self.host}", *(f"{name}: {value}" for name, value in self.lines))
        return "\r\n".join((f"{self.method} {self.path} HTTP/1.1", *lines, "", "")).encode(
            "latin-1"
        )

    def second(self, stream: int) -> bytes:
        """As one frame of HTTP/2, nothing of it compressed."""
        pseudo = ((":method", self.method), (":scheme", "http"), (":path", self.path))
        pairs = (*pseudo, (":authority", self.host), *self.lines)
        block = b"".join(b"\x00" + _text(n.lower()) + _text(v) for n, v in pairs)
        head = len(block).to_bytes(3, "big") + bytes((HEADERS, 5)) + stream.to_bytes(4, "big")
        return head + block


Batch = Callable[[Where, Sequence[Ask]], Coroutine[Any, Any, list[bytes]]]


async def answers(batch: Batch, where: Where, asks: Sequence[Ask]) -> list[bytes]:
    """The body of each answer, in order; REFUSED where the connection was closed instead.

    What a server may close the connection for has one of its own: it takes a second to do so.
    """
    alone = [[ask] for ask in asks if not ask.plain()]
    plain = [ask for ask in asks if ask.plain()]
    size = -(-len(plain) // CONNECTIONS)
    parts = [*alone, *(plain[at : at + size] for at in range(0, len(plain), size))]
    async with asyncio.timeout(PATIENCE_S * 4), asyncio.TaskGroup() as group:
        tasks = [group.create_task(_in_turn(batch, where, part)) for part in parts]
    pairs = zip(parts, tasks, strict=True)
    bodies = {
        ask: body for part, task in pairs for ask, body in zip(part, task.result(), strict=True)
    }
    return [bodies[ask] for ask in asks]


async def _in_turn(batch: Batch, where: Where, asks: Sequence[Ask]) -> list[bytes]:
    bodies: list[bytes] = []
    while len(bodies) < len(asks):
        bodies += await batch(where, asks[len(bodies) : len(bodies) + TOGETHER])
    return bodies


async def http1(where: Where, asks: Sequence[Ask]) -> list[bytes]:
    """Answers to requests in turn, up to and with the first after which the server closes."""
    reader, writer = await asyncio.open_connection(*where)
    bodies: list[bytes] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            closing = False
            while len(bodies) < len(asks) and not closing:
                writer.write(asks[len(bodies)].first())
                body, closing = await _one(reader)
                bodies.append(body)
    except (asyncio.IncompleteReadError, ConnectionError):
        bodies.append(REFUSED)
    writer.close()
    return bodies


async def _one(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """A body, and whether none comes after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, length = head.partition(b"content-length: ")
    body = await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
    return body, b"connection: close" in head


@dataclass(slots=True)
class _Streams:
    """What came back on one HTTP/2 connection."""

    open: set[int]
    bodies: dict[int, bytes] = field(default_factory=dict)

    def take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
        if kind == RESET or (kind in (DATA, HEADERS) and flags & 1):
            self.open.discard(stream)


async def http2(where: Where, asks: Sequence[Ask]) -> list[bytes]:
    """Answers to requests side by side; where one costs the connection, halves are tried alone."""
    streams = range(1, 2 * len(asks), 2)
    got = _Streams(set(streams))
    reader, writer = await asyncio.open_connection(*where)
    frames = (ask.second(stream) for ask, stream in zip(asks, streams, strict=True))
    writer.write(PREFACE + WIDE + b"".join(frames))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while got.open:
                await _frame(reader, writer, got)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()
    if got.open and len(asks) > 1:
        half = len(asks) // 2
        return await http2(where, asks[:half]) + await http2(where, asks[half:])
    return [got.bodies.get(stream, REFUSED) for stream in streams]


async def _frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, got: _Streams) -> None:
    head = await reader.readexactly(9)
    payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
    kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
    if kind == SETTINGS and not flags & 1:
        writer.write(bytes(3) + b"\x04\x01" + bytes(4))
    elif kind == GOAWAY:
        raise ConnectionError
    got.take(kind, flags, stream, payload)


def _text(text: str) -> bytes:
    """A string of HPACK, uncompressed."""
    raw = text.encode("latin-1")
    if len(raw) < 127:
        return bytes((len(raw),)) + raw
    assert len(raw) < 255
    return bytes((127, len(raw) - 127)) + raw
