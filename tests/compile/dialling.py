"""Little clients and servers for tests with real Envoys."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

NO_HEADERS: Mapping[str, str] = {}
GREETING = b"hello, I speak first\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, headers (lower case), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def seen(self) -> dict[str, str]:
        """The request headers as the application saw them."""
        seen: dict[str, str] = json.loads(self.body)
        return seen


@asynccontextmanager
async def echoing(
    address: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """An HTTP/1.1 application that answers with the request's headers as JSON."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                _, *lines = head.decode().split("\r\n")
                pairs = (line.partition(": ") for line in lines if line)
                seen = {name.lower(): value for name, _, value in pairs}
                await reader.readexactly(int(seen.get("content-length", 0)))
                body = json.dumps(seen).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nserver: app\r\n"
                    + f"content-length: {len(body)}\r\n\r\n".encode()
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, address, port, ssl=tls):
        yield


@asynccontextmanager
async def greeting(
    address: str, port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """A TCP application that speaks first and then echoes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(answer, address, port, ssl=tls):
        yield


@asynccontextmanager
async def welcoming(address: str, port: int) -> AsyncIterator[None]:
    """An application that agrees to any upgrade and then echoes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        writer.write(b"connection: upgrade\r\nupgrade: websocket\r\n\r\n")
        while data := await reader.read(4096):
            writer.write(data)
        writer.close()

    async with await asyncio.start_server(answer, address, port):
        yield


async def upgraded(proxy: str, dialled: tuple[str, int], host: str, say: bytes) -> bytes:
    """What comes back for `say` on a connection that was upgraded through a proxy."""
    reader, writer = await dial(proxy, dialled)
    head = f"GET /chat HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket"
    writer.write(f"{head}\r\n\r\n".encode())
    async with asyncio.timeout(20):
        assert (await reader.readline()).split()[1] == b"101"
        await reader.readuntil(b"\r\n\r\n")
        writer.write(say)
        heard = await reader.readexactly(len(say))
    writer.close()
    return heard


async def dial(
    proxy: str, dialled: tuple[str, int] | None, port: int = 15001
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as a captured application would; `dialled` is the address it meant."""
    reader, writer = await asyncio.open_connection(proxy, port)
    if dialled is not None:
        address, meant = dialled
        writer.write(f"PROXY TCP4 127.0.0.1 {address} 40000 {meant}\r\n".encode())
    return reader, writer


async def ask(
    proxy: str,
    dialled: tuple[str, int] | None,
    host: str,
    port: int = 15001,
    body: bytes = b"",
    headers: Mapping[str, str] = NO_HEADERS,
) -> Answer:
    """One HTTP/1.1 request through a proxy."""
    reader, writer = await dial(proxy, dialled, port)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(["POST /it HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"])
    writer.write("\r\n".join([head, *lines, "", ""]).encode() + body)
    async with asyncio.timeout(20):
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        got = {n.lower(): v for n, _, v in (line.partition(": ") for line in rest if line)}
        content = await reader.readexactly(int(got.get("content-length", 0)))
    writer.close()
    return Answer(int(first.split()[1]), got, content)


async def talk(proxy: str, dialled: tuple[str, int], say: bytes) -> bytes:
    """What a TCP application that speaks first answers through a proxy."""
    reader, writer = await dial(proxy, dialled)
    async with asyncio.timeout(20):
        heard = await reader.readline()
        writer.write(say)
        heard += await reader.readexactly(len(say))
    writer.close()
    await writer.wait_closed()
    return heard
