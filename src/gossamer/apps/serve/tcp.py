"""Plain TCP: one coroutine per connection, and an end that lets them finish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import socket

GRACE_S = 2

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class TcpServer:
    """Serves `answer` on given sockets until the stop event, then waits for open connections."""

    def __init__(self, answer: Answer, stop: asyncio.Event) -> None:
        self.answer = answer
        self.stop = stop
        self.listening = asyncio.Event()
        self.open: set[asyncio.Task[None]] = set()

    async def serve(self, sockets: list[socket]) -> None:
        """Accept until stopped; connections get `GRACE_S` to end by themselves."""
        servers = [await asyncio.start_server(self._connected, sock=sock) for sock in sockets]
        self.listening.set()
        await self.stop.wait()
        for server in servers:
            server.close()
        if self.open:
            _, late = await asyncio.wait(self.open, timeout=GRACE_S)
            for task in late:
                task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.answer(reader, writer)
        finally:
            self.open.discard(task)
            writer.close()
