"""A host's metrics on a Unix socket, for whoever of its user scrapes or tunnels them.

One small answer to any GET: `curl --unix-socket DIR/metrics.sock http://x/metrics`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from gossamer.process.private_socket import listen_private
from gossamer.telemetry.prometheus import CONTENT_TYPE

PATIENCE = 5.0
LONGEST_HEAD = 16_384


class MetricsSocket:
    """Serves `text` on `path`, mode 0600."""

    def __init__(self, path: Path, text: Callable[[], str]) -> None:
        self._path = path
        self._text = text
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; a socket that a killed predecessor left is replaced."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(
            self._answer, sock=listen_private(self._path), limit=LONGEST_HEAD
        )

    def close(self) -> None:
        """Listen no longer."""
        if self._server:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(head, self._text))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()


def _response(head: bytes, text: Callable[[], str]) -> bytes:
    if not head.startswith(b"GET "):
        return b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    body = text().encode()
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {CONTENT_TYPE}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    ).encode() + body
