"""One TCP port for all protocols: the first bytes of a connection say which it is.

HTTP/2's preface, an HTTP/1 request line, or anything else, which is echoed line by line; redis's
PING has its own answer. Nothing is sent before the caller speaks, so a proxy that looks at first
bytes sees the caller's.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any, cast

from gossamer.apps.standin.answer import HttpReply, SeenRequest, reply_to
from gossamer.apps.standin.http1 import Http1Protocol
from gossamer.apps.standin.record import StandInRecord

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST_LINE = re.compile(rb"[A-Z][A-Z-]* \S+ HTTP/1\.[01]\r?\n")
MAYBE_REQUEST = re.compile(rb"[A-Z][A-Z-]*( [^\r\n]*\r?)?")
LONGEST_LINE = 16384
PROBE_AGENT = "gossamer-probe"
PINGS = (b"PING\r\n", b"*1\r\n$4\r\nPING\r\n", b"*1\r\n$4\r\nping\r\n")


@dataclass(slots=True)
class Answering:
    """What all connections of one stand-in share."""

    record: StandInRecord
    tell: Any
    connections: set[Any] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def identity(self) -> str:
        """For the header of every answer."""
        who = self.record.spec.identity
        return f"{who.namespace}/{who.name}{'/' + who.version if who.version else ''}"

    def reply(self, request: SeenRequest) -> HttpReply:
        """Count a request, tell of it, answer it."""
        rpc = request.header("content-type").startswith("application/grpc")
        is_probe = request.header("user-agent").startswith((PROBE_AGENT, "kube-probe/"))
        self.record.seen["probe" if is_probe else "grpc" if rpc else "http"] += 1
        if not is_probe:
            line = ascii(f"{request.method} {request.path} {request.protocol}")[1:-1]
            self.tell(f'{request.client} "{line}" 200')
        return reply_to(request, self.record)


class SniffingProtocol(asyncio.Protocol):
    """A connection until it is known what it speaks."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.seen = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the caller."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Decide as soon as the bytes allow it."""
        self.seen += data
        if self.seen.startswith(PREFACE):
            self._become(self._http2())
        elif PREFACE.startswith(self.seen):
            return
        elif REQUEST_LINE.match(self.seen):
            self._become(Http1Protocol(self.answering.reply, self.answering.identity))
        elif len(self.seen) > LONGEST_LINE or not MAYBE_REQUEST.fullmatch(self.seen):
            self.answering.record.seen["tcp"] += 1
            self._become(EchoProtocol())

    def _http2(self) -> asyncio.Protocol:
        from gossamer.apps.serve.http2 import Http2Protocol  # h2 costs 2 MB: on first use
        from gossamer.apps.standin.http2_app import Http2App

        app = Http2App(self.answering.reply, self.answering.identity)
        return Http2Protocol(app, self.answering.connections, self.answering.tasks)

    def _become(self, protocol: asyncio.Protocol) -> None:
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(self.seen)


class EchoProtocol(asyncio.Protocol):
    """What comes goes back; a redis PING gets its PONG."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self.transport.write(b"+PONG\r\n" if data in PINGS else data)


class EchoDatagrams(asyncio.DatagramProtocol):
    """The same for UDP."""

    def __init__(self, record: StandInRecord) -> None:
        self.record = record

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer."""
        self.record.seen["udp"] += 1
        self.transport.sendto(data, addr)
