"""Connections that are kept open, to see whether a change of configuration ends them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions

ENDED = "ended"
_LONGEST = 1 << 16


@dataclass(slots=True)
class Http1:
    """One keep-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> str:
        """Status and `x-config` of the next answer, `close` where it says so, or ENDED."""
        try:
            self.writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        except (OSError, asyncio.IncompleteReadError):
            return ENDED
        first, *lines = head.decode().lower().split("\r\n")
        named = dict(line.split(": ", 1) for line in lines if ": " in line)
        await self.reader.readexactly(int(named.get("content-length", "0")))
        closing = " close" if named.get("connection") == "close" else ""
        return f"{first.split()[1]} {named.get('x-config', '-')}{closing}"


@dataclass(slots=True)
class Http2:
    """One connection without TLS; a stream for each call."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h2.connection.H2Connection = field(
        default_factory=lambda: h2.connection.H2Connection(h2.config.H2Configuration())
    )

    async def ask(self) -> str:
        """The same; `goaway` where the server said so."""
        try:
            return await asyncio.wait_for(self._ask(), 5)
        except OSError:
            return ENDED
        except h2.exceptions.ProtocolError:  # the server said GOAWAY
            return "goaway"

    async def _ask(self) -> str:
        if not self.state.streams:
            self.state.initiate_connection()
        stream = self.state.get_next_available_stream_id()
        headers = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "a")]
        self.state.send_headers(stream, headers, end_stream=True)
        answer, going = "", ""
        while True:
            self.writer.write(self.state.data_to_send())
            data = await self.reader.read(_LONGEST)
            if not data:
                return ENDED
            for event in self.state.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    named = {_text(key): _text(value) for key, value in event.headers}
                    answer = f"{named[':status']} {named.get('x-config', '-')}"
                elif isinstance(event, h2.events.ConnectionTerminated):
                    going = " goaway"
                elif isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    self.writer.write(self.state.data_to_send())
                    return answer + going


@dataclass(slots=True)
class Bytes:
    """One TCP connection to a server that says everything back."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> str:
        """`echo` or ENDED."""
        try:
            self.writer.write(b"hello")
            data = await asyncio.wait_for(self.reader.read(5), 5)
        except OSError:
            return ENDED
        return "echo" if data == b"hello" else ENDED


Kept = Http1 | Http2 | Bytes


async def opened(kind: type[Kept], host: str, port: int) -> Kept:
    """A connection of that kind."""
    return kind(*await asyncio.open_connection(host, port))


async def listens(host: str, port: int) -> bool:
    """Whether anybody takes connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
