"""A server of keys on a loopback address, which answers as a test wants: well, late, or never."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.waiting import beat

OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def answer(body: str, *, head: str = OK) -> bytes:
    """A whole answer."""
    return f"{head}content-length: {len(body)}\r\n\r\n{body}".encode()


@dataclass
class KeyServer:
    """Answers by path, byte for byte; a path that it does not know is never answered."""

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    trickle: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split()[1]
            self.asked.append(head)
            if path not in self.answers:
                await reader.read()
            elif self.trickle:
                await self._slowly(writer, self.answers[path])
            else:
                writer.write(self.answers[path])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _slowly(self, writer: asyncio.StreamWriter, raw: bytes) -> None:
        for at in range(len(raw)):
            writer.write(raw[at : at + 1])
            await writer.drain()
            await beat()

    def url(self, path: str, scheme: str = "http", host: str = "127.0.0.1") -> str:
        """Where a path of it is."""
        return f"{scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def key_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[KeyServer]:
    """A server until the end of the block."""
    served = KeyServer()
    async with await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=tls) as server:
        served.port = server.sockets[0].getsockname()[1]
        yield served
