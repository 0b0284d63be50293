"""HTTP/1.1 for a stand-in, by h11 and without an event loop's tasks: each answer is there at once.

uvicorn would do the same with 9 MB more in every process (docs/performance.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11

from gossamer.apps.standin.answer import HttpReply, SeenRequest

Reply = Callable[[SeenRequest], HttpReply]
MOST_HEADERS = 65536


class Http1Protocol(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, reply: Reply, identity: str) -> None:
        self.conn = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADERS)
        self.transport: asyncio.Transport
        self._reply = reply
        self._identity = identity
        self._request: h11.Request | None = None
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Read whole requests, and answer each."""
        try:
            self.conn.receive_data(data)
            self._advance()
        except h11.RemoteProtocolError as error:
            self._refuse(error)

    def eof_received(self) -> bool:
        """The caller is done; so are we."""
        return False

    def _advance(self) -> None:
        while True:
            event = self.conn.next_event()
            if isinstance(event, h11.Request):
                self._request, self._size = event, 0
                self._go_on()
            elif isinstance(event, h11.Data):
                self._size += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._answer()
            elif isinstance(event, h11.ConnectionClosed):
                self.transport.close()
                return
            else:
                return

    def _go_on(self) -> None:
        """A caller that asks whether its body is welcome is told so."""
        if self.conn.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def _answer(self) -> None:
        assert self._request is not None
        reply = self._reply(_seen(self._request, self._size, self.transport))
        headers = reply.headers(self._identity)
        self._send(h11.Response(status_code=200, reason=b"OK", headers=headers))
        if self._request.method != b"HEAD":
            self._send(h11.Data(data=reply.body))
        self._send(h11.EndOfMessage())
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.DONE:
            self.conn.start_next_cycle()
        else:
            self.transport.close()

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = f"{error}\n".encode()
            length = ("content-length", str(len(text)))
            self._send(h11.Response(status_code=error.error_status_hint, headers=[length]))
            self._send(h11.Data(data=text))
            self._send(h11.EndOfMessage())
        self.transport.close()

    def _send(self, event: Any) -> None:
        data = self.conn.send(event)
        if data and not self.transport.is_closing():
            self.transport.write(data)


def _seen(request: h11.Request, size: int, transport: asyncio.Transport) -> SeenRequest:
    peer = transport.get_extra_info("peername") or ("-",)
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers)
    return SeenRequest(
        request.method.decode("latin-1"),
        request.target.decode("latin-1"),
        f"HTTP/{request.http_version.decode()}",
        str(peer[0]),
        headers,
        size,
    )
