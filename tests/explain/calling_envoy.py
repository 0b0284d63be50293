"""Asking a real Envoy as a captured application would: raw HTTP/1.1 behind a PROXY line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Pairs = tuple[tuple[str, str], ...]
UPSTREAM_HEADERS: Pairs = (("x-one", "from-app"), ("x-two", "from-app"))
"""What the application answers with, for routes to change."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client got: status, headers in lower case, body."""

    status: int
    headers: Pairs
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    @property
    def seen(self) -> dict[str, Any]:
        """What the application saw, empty where Envoy answered itself."""
        if not self.all("x-app"):
            return {}
        seen: dict[str, Any] = json.loads(self.all("x-app")[0])
        return seen


@asynccontextmanager
async def echoing(addresses: Iterable[str], port: int) -> AsyncIterator[None]:
    """Applications at these addresses that answer with what they saw, in the header x-app."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode(errors="surrogateescape").split("\r\n")
                pairs = [_pair(line) for line in lines if line]
                seen = {"address": address, "path": first.split(" ")[1], "headers": pairs}
                length = int(dict(pairs).get("content-length", "0"))
                await reader.readexactly(length)
                extra = "".join(f"{name}: {value}\r\n" for name, value in UPSTREAM_HEADERS)
                told = f"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-app: {json.dumps(seen)}\r\n"
                writer.write(f"{told}{extra}\r\n".encode(errors="surrogateescape"))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    servers = [await asyncio.start_server(answer, address, port) for address in addresses]
    try:
        yield
    finally:
        for server in servers:
            server.close()


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


class Client:
    """One connection to a proxy, which may be asked many times."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def dial(cls, proxy: str, port: int, dialled: tuple[str, int] | None) -> Client:
        """Connect; `dialled` is the address that the application meant."""
        reader, writer = await asyncio.open_connection(proxy, port)
        if dialled is not None:
            address, meant = dialled
            writer.write(f"PROXY TCP4 127.0.0.1 {address} 40000 {meant}\r\n".encode())
        return cls(reader, writer)

    async def ask(self, method: str, path: str, host: str, headers: Pairs) -> Answer:
        """One request, written as it is given."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "content-length: 0"]
        lines += [f"{name}: {value}" for name, value in headers]
        self._writer.write("\r\n".join([*lines, "", ""]).encode(errors="surrogateescape"))
        async with asyncio.timeout(20):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode(errors="surrogateescape")
            first, *rest = head.split("\r\n")
            pairs = tuple(_pair(line) for line in rest if line)
            length = int(dict(pairs).get("content-length", "0"))
            body = b"" if method == "HEAD" else await self._reader.readexactly(length)
        return Answer(int(first.split(" ")[1]), pairs, body)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
