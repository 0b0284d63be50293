"""Probes over real sockets of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded

from gossamer.process.probes.ask import ask, speaks_first
from gossamer.process.probes.probe import Probe, ProbeKind

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def connect(port: int) -> socket.socket:
    """A connecting non-blocking socket, as the world hands out."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", port))
    return sock


@contextlib.asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """The port of a server that treats each connection by `serve`."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answering(status: bytes, seen: list[bytes]) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    return serve


async def test_http_asks_path_and_headers_and_takes_2xx_and_3xx() -> None:
    """The application sees the request that its manifest describes."""
    seen: list[bytes] = []
    async with serving(answering(b"302 Found", seen)) as port:
        probe = Probe(ProbeKind.HTTP, port, "/up?x=1", headers=(("X-Probe", "yes"),))
        assert (await ask(probe, "10.244.1.1", connect)).well
    assert seen[0].startswith(b"GET /up?x=1 HTTP/1.1\r\nHost: 10.244.1.1:")
    assert b"X-Probe: yes\r\n" in seen[0]


async def test_http_500_says_its_status() -> None:
    """The reason of an unready pod tells what its probe got."""
    async with serving(answering(b"500 Oh", [])) as port:
        answer = await ask(Probe(ProbeKind.HTTP, port), "127.0.0.1", connect)
    assert (answer.well, answer.message) == (False, "HTTP probe got status 500")


async def test_a_refused_connection_is_an_answer() -> None:
    """Nobody listening is unwell, not a failure of the lab."""
    async with serving(answering(b"200 OK", [])) as port:
        pass
    for kind in (ProbeKind.TCP, ProbeKind.HTTP, ProbeKind.GRPC):
        answer = await ask(Probe(kind, port), "127.0.0.1", connect)
        assert not answer.well
        assert "refused" in answer.message


async def test_tcp_is_well_once_connected() -> None:
    """A TCP probe asks for nothing but the connection."""
    async with serving(answering(b"200 OK", [])) as port:
        assert (await ask(Probe(ProbeKind.TCP, port), "127.0.0.1", connect)).well


async def test_silence_ends_with_the_timeout() -> None:
    """A server that says nothing is unwell after timeoutSeconds."""
    over = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with serving(silent) as port:
        probe = Probe(ProbeKind.HTTP, port, timeout_s=0.05)
        answer = await ask(probe, "127.0.0.1", connect)
        over.set()
    assert "no answer" in answer.message


def health_server(status: int, asked: list[str]) -> Serve:
    """A gRPC server that answers grpc.health.v1.Health/Check with one status."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        h2 = H2Connection(H2Configuration(client_side=False))
        h2.initiate_connection()
        writer.write(h2.data_to_send())
        while data := await reader.read(65536):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    asked.append(dict(event.headers)[b":path"].decode())
                elif isinstance(event, StreamEnded):
                    h2.send_headers(1, [(":status", "200"), ("content-type", "application/grpc")])
                    h2.send_data(1, b"\0\0\0\0\x02\x08" + bytes([status]))
                    h2.send_headers(1, [("grpc-status", "0")], end_stream=True)
            writer.write(h2.data_to_send())
        writer.close()

    return serve


async def test_grpc_asks_the_health_service() -> None:
    """SERVING is well; NOT_SERVING is not."""
    asked: list[str] = []
    async with serving(health_server(1, asked)) as port:
        assert (await ask(Probe(ProbeKind.GRPC, port), "127.0.0.1", connect)).well
    async with serving(health_server(2, asked)) as port:
        assert not (await ask(Probe(ProbeKind.GRPC, port), "127.0.0.1", connect)).well
    assert asked == ["/grpc.health.v1.Health/Check"] * 2


def saying(first: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await reader.read()
        writer.close()

    return serve


@pytest.mark.parametrize(
    ("first", "greets"),
    [
        (b"220 mail.example ESMTP\r\n", True),
        (b"\x4a\0\0\0\x0a8.0.36\0", True),
        (b"", False),
        (b"\0\0\x12\4\0\0\0\0\0" + bytes(18), False),
        (b"\0\0\x12", False),
        (b"HTTP/1.1 503 Busy\r\n\r\n", False),
    ],
    ids=["smtp", "mysql", "silent", "http2", "too-short-to-tell", "http1"],
)
async def test_servers_that_speak_first_are_heard(first: bytes, greets: bool) -> None:
    """A gRPC server's SETTINGS are HTTP, and rules must go on to hold for it."""
    async with serving(saying(first)) as port:
        assert await speaks_first(port, connect) is greets


async def test_a_port_that_does_not_listen_is_not_waited_for() -> None:
    """Nobody speaks there, and that is all."""
    async with serving(saying(b"")) as port:
        pass
    assert not await speaks_first(port, connect)
