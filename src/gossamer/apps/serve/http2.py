"""HTTP/2 for an ASGI app: h2 speaks the protocol, each stream is one call of the app.

Trailers go out through ASGI's `http.response.trailers` extension, which is all that gRPC needs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h2.config
import h2.events
import h2.exceptions
from hyperframe.frame import GoAwayFrame
from starlette.types import ASGIApp

from gossamer.apps.serve.goaway import DrainingConnection
from gossamer.apps.serve.http2_stream import Http2Stream, scope_of


class Http2Protocol(asyncio.Protocol):
    """One connection: bytes in, h2's events to streams, bytes out."""

    def __init__(self, app: ASGIApp, connections: set[Any], tasks: set[asyncio.Task[None]]) -> None:
        self.app = app
        self.connections = connections
        self.tasks = tasks
        self.streams: dict[int, Http2Stream] = {}
        self.closing = False
        self.conn = DrainingConnection(
            h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
        )
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send our settings."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.connections.add(self)
        self.conn.initiate_connection()
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Read frames; a peer that breaks the protocol is told so and left."""
        try:
            events = self.conn.receive_data(data)
        except h2.exceptions.ProtocolError:
            self.flush()
            self.transport.close()
            return
        for event in events:
            read = READERS.get(type(event))
            if read is not None:
                read(self, event)
        self.flush()
        self._wake_writers()

    def connection_lost(self, exc: Exception | None) -> None:
        """End every call that still runs here."""
        self.connections.discard(self)
        self.closing = True
        for stream in self.streams.values():
            stream.disconnect()
        self._wake_writers()

    def shutdown(self) -> None:
        """Accept no new stream, finish the open ones, then close (RFC 9113 section 6.8)."""
        self.closing = True
        last = self.conn.highest_inbound_stream_id
        self.transport.write(GoAwayFrame(0, last_stream_id=last, error_code=0).serialize())
        self._close_when_idle()

    def flush(self) -> None:
        """Write what h2 has to say."""
        data = self.conn.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def finished(self, number: int) -> None:
        """Forget a stream that ended."""
        self.streams.pop(number, None)
        self._close_when_idle()

    def _close_when_idle(self) -> None:
        if self.closing and not self.streams and not self.transport.is_closing():
            self.transport.close()

    def _wake_writers(self) -> None:
        for stream in self.streams.values():
            stream.writable.set()

    def _request(self, event: h2.events.RequestReceived) -> None:
        assert event.stream_id is not None
        if self.closing:
            self.conn.reset_stream(event.stream_id, error_code=7)  # REFUSED_STREAM: safe to retry
            return
        stream = Http2Stream(self, event.stream_id, scope_of(event.headers or [], self.transport))
        self.streams[event.stream_id] = stream
        task = asyncio.create_task(stream.run(self.app))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _data(self, event: h2.events.DataReceived) -> None:
        stream = self.streams.get(event.stream_id or 0)
        length = event.flow_controlled_length or 0
        if stream is None:
            if length:  # what comes after the answer; h2 refuses to give back nothing
                self.conn.increment_flow_control_window(length)
            return
        stream.feed(event.data or b"", length)

    def _ended(self, event: h2.events.StreamEnded) -> None:
        stream = self.streams.get(event.stream_id or 0)
        if stream is not None:
            stream.feed_end()

    def _reset(self, event: h2.events.StreamReset) -> None:
        stream = self.streams.get(event.stream_id or 0)
        if stream is not None:
            stream.disconnect()

    def _terminated(self, event: h2.events.ConnectionTerminated) -> None:
        self.closing = True
        self._close_when_idle()


READERS: dict[type[h2.events.Event], Any] = {
    h2.events.RequestReceived: Http2Protocol._request,
    h2.events.DataReceived: Http2Protocol._data,
    h2.events.StreamEnded: Http2Protocol._ended,
    h2.events.StreamReset: Http2Protocol._reset,
    h2.events.ConnectionTerminated: Http2Protocol._terminated,
}
