"""One HTTP/2 stream as one ASGI call: scope, receive and send."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import unquote

import h2.exceptions
from starlette.types import ASGIApp, Message, Scope

from gossamer.apps.serve.goaway import DrainingConnection


class StreamConnection(Protocol):
    """What a stream needs of the connection that it belongs to."""

    conn: DrainingConnection

    def flush(self) -> None:
        """Write what h2 has to say."""

    def finished(self, number: int) -> None:
        """Forget a stream that ended."""


class Http2Stream:
    """Feeds a request's body to the app and the app's answer to h2, within the windows."""

    def __init__(self, connection: StreamConnection, number: int, scope: Scope) -> None:
        self.connection = connection
        self.number = number
        self.scope = scope
        self.writable = asyncio.Event()
        self.trailers = False
        self.started = False
        self.ended = False
        self.gone = False
        self._inbox: deque[tuple[bytes, int, bool]] = deque()
        self._arrived = asyncio.Event()

    async def run(self, app: ASGIApp) -> None:
        """Call the app; one that breaks resets its stream and nobody else's."""
        try:
            await app(self.scope, self._receive, self._send)
        except Exception:
            traceback.print_exc(file=sys.stderr)
        finally:
            if not self.ended and not self.gone:
                self.connection.conn.reset_stream(self.number, error_code=2)
                self.connection.flush()
            self.connection.finished(self.number)

    def feed(self, data: bytes, length: int) -> None:
        """A DATA frame came in; `length` is what it took from the window."""
        self._put(data, length, True)

    def feed_end(self) -> None:
        """The request is whole."""
        self._put(b"", 0, False)

    def disconnect(self) -> None:
        """The peer reset this stream or left."""
        self.gone = True
        self._arrived.set()
        self.writable.set()

    def _put(self, data: bytes, length: int, more: bool) -> None:
        self._inbox.append((data, length, more))
        self._arrived.set()

    async def _receive(self) -> Message:
        while not self._inbox and not self.gone:
            self._arrived.clear()
            await self._arrived.wait()
        if self.gone:
            return {"type": "http.disconnect"}
        data, length, more = self._inbox.popleft()
        if length:
            self.connection.conn.acknowledge_received_data(length, self.number)
            self.connection.flush()
        return {"type": "http.request", "body": data, "more_body": more}

    async def _send(self, message: Message) -> None:
        if self.gone:
            return
        try:
            await SENDERS[message["type"]](self, message)
        except h2.exceptions.StreamClosedError:
            self.gone = True

    async def _send_start(self, message: Message) -> None:
        self.trailers = message.get("trailers", False)
        status = (b":status", str(message["status"]).encode())
        headers = [(name.lower(), value) for name, value in message.get("headers", [])]
        kept = [pair for pair in headers if pair[0] not in (b"connection", b"transfer-encoding")]
        self.connection.conn.send_headers(self.number, [status, *kept])
        self.connection.flush()

    async def _send_body(self, message: Message) -> None:
        view = memoryview(message.get("body", b""))
        while view and not self.gone:
            room = await self._room()
            chunk, view = view[:room], view[room:]
            if chunk:
                self.connection.conn.send_data(self.number, bytes(chunk))
                self.connection.flush()
        if not message.get("more_body", False) and not self.trailers and not self.gone:
            self.connection.conn.end_stream(self.number)
            self._end()

    async def _send_trailers(self, message: Message) -> None:
        headers = [(name.lower(), value) for name, value in message.get("headers", [])]
        self.connection.conn.send_headers(self.number, headers, end_stream=True)
        self._end()

    async def _room(self) -> int:
        """How many bytes may go now; waits while the peer's window is shut."""
        conn = self.connection.conn
        while not self.gone:
            open_window = conn.local_flow_control_window(self.number)
            if open_window > 0:
                return min(open_window, conn.max_outbound_frame_size)
            self.writable.clear()
            await self.writable.wait()
        return 0

    def _end(self) -> None:
        self.ended = True
        self.connection.flush()


SENDERS: dict[str, Any] = {
    "http.response.start": Http2Stream._send_start,
    "http.response.body": Http2Stream._send_body,
    "http.response.trailers": Http2Stream._send_trailers,
}


def scope_of(headers: Iterable[Any], transport: asyncio.Transport) -> Scope:
    """The ASGI scope of a request; `:authority` becomes the host header as in HTTP/1.1."""
    pseudo = {name: value for name, value in headers if name.startswith(":")}
    plain = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers if n[:1] != ":"]
    authority = pseudo.get(":authority")
    if authority is not None:
        plain.insert(0, (b"host", authority.encode("latin-1")))
    path, _, query = pseudo.get(":path", "/").partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "2",
        "method": pseudo.get(":method", "GET"),
        "scheme": pseudo.get(":scheme", "http"),
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": plain,
        "client": transport.get_extra_info("peername")[:2],
        "server": transport.get_extra_info("sockname")[:2],
        "extensions": {"http.response.trailers": {}},
    }
