"""The holder's control socket: one JSON object per line each way, for the lab's own user only."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from gossamer.process.event_log import EventLog
from gossamer.process.private_socket import listen_private, peer_uid

log = EventLog("gossamer.lab")

Words = Mapping[str, Any]
Operation = Callable[[Words], Awaitable[Words]]
Stream = Callable[[], AsyncIterator[Words]]
_LINE_LIMIT = 16 * 1024 * 1024


class OperationRefused(Exception):
    """An operation that cannot be done; the text is for people."""


class Control:
    """Serves operations by name. `subscribe` is the one that answers with many lines."""

    def __init__(self, operations: Mapping[str, Operation], subscribe: Stream) -> None:
        self._operations = operations
        self._subscribe = subscribe
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()

    async def open(self, path: Path) -> None:
        """Listen at `path`, readable by its owner alone."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=listen_private(path), limit=_LINE_LIMIT
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        try:
            if peer_uid(writer.get_extra_info("socket")) != os.geteuid():
                raise ConnectionError("a foreign user asked")
            while line := await reader.readline():
                await self._answer(line, writer)
        except (ConnectionError, ValueError) as error:
            log.info("control-broken-off", reason=error)
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            words = _read(line)
            if words.get("op") == "subscribe":
                async for event in self._subscribe():
                    await _send(writer, event)
                return
            answer = await self._do(words)
        except (OperationRefused, LookupError, OSError, ValueError) as error:
            answer = {"error": str(error.args[0] if error.args else error)}
        except Exception as error:
            log.exception("operation-failed", op=_operation_of(line))
            answer = {"error": f"the holder failed at this: {error}; its log says more"}
        await _send(writer, answer)

    async def _do(self, words: Words) -> Words:
        name = str(words.get("op"))
        if name not in self._operations:
            known = ", ".join(sorted((*self._operations, "subscribe")))
            raise OperationRefused(
                f"the holder does not know the operation {name!r}; it knows {known}"
            )
        return await self._operations[name](words)

    async def close(self) -> None:
        """Stop listening and end what is being answered."""
        if self._server:
            self._server.close()
        for task in tuple(self._busy):
            if task is not asyncio.current_task():
                task.cancel()


def _read(line: bytes) -> Words:
    try:
        words = json.loads(line)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, dict):
        raise OperationRefused("the holder takes one JSON object a line, with its operation as op")
    return words


def _operation_of(line: bytes) -> str:
    """The operation's name alone: the rest may hold Secrets, and a log is no place for them."""
    return str(_read(line).get("op"))


async def _send(writer: asyncio.StreamWriter, words: Words) -> None:
    writer.write(json.dumps(words).encode() + b"\n")
    await writer.drain()
