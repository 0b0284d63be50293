"""HTTP/1.1 on one connection, by h11."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import h11

from gossamer.apps.client.exchange import (
    Address,
    CallError,
    Head,
    Headers,
    Request,
    peer_of,
    with_defaults,
)

READ_SIZE = 65536


class Http1Connection:
    """One request after the other."""

    trailers: Headers = ()

    def __init__(
        self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.address = address
        self.reader = reader
        self.writer = writer
        self.conn = h11.Connection(h11.CLIENT)

    @property
    def reusable(self) -> bool:
        """Both sides are done and agreed to keep the connection."""
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.DONE:
            self.conn.start_next_cycle()
        return self.conn.our_state is h11.IDLE and not self.reader.at_eof()

    async def start(self, request: Request) -> Head:
        """Send the request and read the final head."""
        self._send(
            h11.Request(
                method=request.method, target=request.target, headers=self._headers(request)
            )
        )
        if request.body:
            self._send(h11.Data(data=request.body))
        self._send(h11.EndOfMessage())
        with suppress(OSError):  # a server may refuse a body unread: its answer is here
            await self.writer.drain()
        while True:
            event = await self._next("empty")
            if isinstance(event, h11.Response):
                return _head(event)

    async def body(self) -> AsyncIterator[bytes]:
        """Pieces of the body as they come."""
        while True:
            event = await self._next("partial")
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.trailers = tuple((n.decode(), v.decode()) for n, v in event.headers)
                return

    @property
    def peer(self) -> tuple[str, int]:
        """The address and port at the other end."""
        return peer_of(self.writer)

    def close(self) -> None:
        """Close at once."""
        self.writer.close()

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        sized = request.body or request.method in ("POST", "PUT", "PATCH")
        length = [("Content-Length", str(len(request.body)))] if sized else []
        return with_defaults(request.headers, [("Host", self.address.authority), *length])

    def _send(self, event: Any) -> None:
        try:
            data = self.conn.send(event)
        except h11.LocalProtocolError as error:
            raise CallError("request", f"this request cannot be sent: {error}") from error
        self.writer.write(data)

    async def _next(self, kind: str) -> Any:
        try:
            while (event := self.conn.next_event()) is h11.NEED_DATA:
                self.conn.receive_data(await self.reader.read(READ_SIZE))
        except h11.RemoteProtocolError as error:
            if not self.conn.trailing_data[0] and self.reader.at_eof():
                raise CallError(kind, CLOSED[kind]) from error
            raise CallError("protocol", f"the answer is not HTTP/1.1: {error}") from error
        except OSError as error:
            raise CallError("reset", f"connection lost: {error.strerror or error}") from error
        if isinstance(event, h11.ConnectionClosed):
            raise CallError(kind, CLOSED[kind])
        return event


CLOSED = {
    "empty": "empty reply from server",
    "partial": "the connection closed before the whole body was here",
}


def _head(event: h11.Response) -> Head:
    headers = tuple(
        (n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers.raw_items()
    )
    version = event.http_version.decode()
    return Head(event.status_code, event.reason.decode("latin-1"), headers, version)
