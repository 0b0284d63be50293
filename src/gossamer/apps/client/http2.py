"""HTTP/2 with prior knowledge on one connection, one stream at a time, by h2."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import h2.config
import h2.events
import h2.exceptions

from gossamer.apps.client.exchange import (
    Address,
    CallError,
    Head,
    Headers,
    Request,
    peer_of,
    with_defaults,
)
from gossamer.apps.serve.goaway import DrainingConnection

READ_SIZE = 65536
HOP_BY_HOP = {"connection", "host", "transfer-encoding", "keep-alive", "upgrade"}


class Http2Connection:
    """One call after the other; body and trailers as they come."""

    trailers: Headers = ()

    def __init__(
        self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.address = address
        self.reader = reader
        self.writer = writer
        self.stream = 0
        self.closed = False
        self._events: deque[Any] = deque()
        config = h2.config.H2Configuration(client_side=True, header_encoding="latin-1")
        self.conn = DrainingConnection(config)
        self.conn.initiate_connection()

    @property
    def reusable(self) -> bool:
        """The server has not said goodbye."""
        return not self.closed and not self.reader.at_eof()

    async def start(self, request: Request) -> Head:
        """Send the request and read the final head."""
        self.stream = self.conn.get_next_available_stream_id()
        self.trailers = ()
        self.conn.send_headers(self.stream, self._headers(request), end_stream=not request.body)
        await self._send_body(request.body)
        await self._flush()
        while True:
            event = await self._next("empty")
            if isinstance(event, h2.events.ResponseReceived):
                return _head(event.headers or [])

    async def body(self) -> AsyncIterator[bytes]:
        """Pieces of the body; afterwards `trailers` are known."""
        while True:
            event = await self._next("partial")
            if isinstance(event, h2.events.DataReceived):
                self.conn.acknowledge_received_data(event.flow_controlled_length or 0, self.stream)
                await self._flush()
                yield event.data or b""
            elif isinstance(event, h2.events.TrailersReceived):
                self.trailers = tuple((str(n), str(v)) for n, v in event.headers or [])
            elif isinstance(event, h2.events.StreamEnded):
                return

    @property
    def peer(self) -> tuple[str, int]:
        """The address and port at the other end."""
        return peer_of(self.writer)

    def close(self) -> None:
        """Close at once."""
        self.closed = True
        self.writer.close()

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        named = {name.lower(): value for name, value in request.headers}
        length = [("content-length", str(len(request.body)))] if request.body else []
        plain = [(n.lower(), v) for n, v in request.headers if n.lower() not in HOP_BY_HOP]
        return [
            (":method", request.method),
            (":scheme", self.address.scheme),
            (":authority", named.get("host", self.address.authority)),
            (":path", request.target),
            *with_defaults(tuple(plain), length),
        ]

    async def _send_body(self, body: bytes) -> None:
        view = memoryview(body)
        while view:
            room = self.conn.local_flow_control_window(self.stream)
            if room <= 0:
                await self._flush()
                await self._receive("empty")
                continue
            size = min(room, self.conn.max_outbound_frame_size)
            chunk, view = view[:size], view[size:]
            self.conn.send_data(self.stream, bytes(chunk), end_stream=not view)

    async def _next(self, kind: str) -> Any:
        while not self._events:
            await self._receive(kind)
        event = self._events.popleft()
        if isinstance(event, h2.events.StreamReset):
            raise CallError("stream", f"the stream was reset with code {event.error_code}")
        return event

    async def _receive(self, kind: str) -> None:
        try:
            data = await self.reader.read(READ_SIZE)
            if not data:
                raise CallError(kind, "the server closed the HTTP/2 connection")
            events = self.conn.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            raise CallError("protocol", f"the answer is not HTTP/2: {error}") from error
        except OSError as error:
            raise CallError("reset", f"connection lost: {error.strerror or error}") from error
        for event in events:
            if isinstance(event, h2.events.ConnectionTerminated):
                self._leaving(event)
            elif getattr(event, "stream_id", None) == self.stream:
                self._events.append(event)
        await self._flush()

    def _leaving(self, event: h2.events.ConnectionTerminated) -> None:
        """GOAWAY: no further call here, and none of this one if it came too late."""
        self.closed = True
        if (event.last_stream_id or 0) < self.stream:
            raise CallError("stream", f"the server is leaving, with code {event.error_code}")

    async def _flush(self) -> None:
        self.writer.write(self.conn.data_to_send())
        try:
            await self.writer.drain()
        except OSError:
            self.closed = True  # what the server said before it left is still read


def _head(headers: Any) -> Head:
    status = next(int(value) for name, value in headers if name == ":status")
    plain = tuple((n, v) for n, v in headers if not n.startswith(":"))
    return Head(status, "", plain, "2")
