"""A control socket: operations by name, one JSON object a line each way, for this user only."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from gossamer.process.event_log import EventLog
from gossamer.process.json_lines.exchange import send, send_socket
from gossamer.process.json_lines.line import LONGEST_LINE, Payload, read_object
from gossamer.process.private_socket import listen_private, peer_uid

Operation = Callable[[Payload], Awaitable[Payload]]
Feed = Callable[[], AsyncIterator[Payload]]
"""An operation that answers with many lines, until either side ends."""

Lender = Callable[[Payload], Awaitable[tuple[Payload, socket.socket]]]
"""An operation whose answer brings a socket along, for the caller to keep."""

log = EventLog("gossamer.control")


class OperationRefused(Exception):
    """An operation that cannot be done; the text is for people."""


class ControlServer:
    """Answers until closed. `refusals` are the exceptions whose text is for who asked."""

    def __init__(
        self,
        owner: str,
        operations: Mapping[str, Operation],
        *,
        feeds: Mapping[str, Feed] | None = None,
        lenders: Mapping[str, Lender] | None = None,
        refusals: tuple[type[Exception], ...] = (),
    ) -> None:
        """`owner` is who answers, as people call it: `agent`."""
        self._owner = owner
        self._operations = operations
        self._feeds = feeds or {}
        self._lenders = lenders or {}
        self._refusals: tuple[type[Exception], ...]
        self._refusals = (OperationRefused, LookupError, OSError, ValueError, *refusals)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, path: Path) -> None:
        """Listen at `path`, mode 0600; OSError where that cannot be."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=listen_private(path), limit=LONGEST_LINE
        )

    def close(self) -> None:
        """Stop listening and end what is being answered, but for whoever closes it."""
        if self._server:
            self._server.close()
        for task in tuple(self._connections):
            if task is not asyncio.current_task():
                task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            uid = peer_uid(writer.get_extra_info("socket"))
            if uid != os.geteuid():
                log.warning("control-caller-refused", server=self._owner, uid=uid)
                return
            while line := await reader.readline():
                await self._answer(line, writer)
        except (OSError, ValueError) as error:
            log.info("control-broken-off", server=self._owner, reason=error)
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        payload = read_object(line)
        op = str(payload.get("op")) if payload else ""
        if lender := self._lenders.get(op):
            await self._lend(payload or {}, lender, writer)
        elif feed := self._feeds.get(op):
            async for event in feed():
                await send(writer, event)
        else:
            await send(writer, await self._outcome(payload))

    async def _lend(self, payload: Payload, lender: Lender, writer: asyncio.StreamWriter) -> None:
        try:
            answer, lent = await lender(payload)
        except self._refusals as error:
            await send(writer, {"error": _text(error)})
            return
        with lent:
            await writer.drain()
            send_socket(writer.get_extra_info("socket").fileno(), answer, lent)

    async def _outcome(self, payload: Payload | None) -> Payload:
        """The operation's answer; what cannot be done is an `error` in words.

        A log names the operation alone: the rest of what was asked may hold Secrets.
        """
        try:
            return await self._operation(payload)(payload or {})
        except self._refusals as error:
            return {"error": _text(error)}
        except Exception as error:
            op = payload.get("op") if payload else None
            log.exception("operation-failed", server=self._owner, op=op)
            return {"error": f"the {self._owner} failed at this: {error}; its log says more"}

    def _operation(self, payload: Payload | None) -> Operation:
        known = ", ".join(sorted((*self._operations, *self._feeds, *self._lenders)))
        if payload is None:
            raise OperationRefused(
                f"the {self._owner} takes one JSON object a line, with its operation as op: {known}"
            )
        name = str(payload.get("op"))
        if name not in self._operations:
            raise OperationRefused(
                f"the {self._owner} does not know the operation {name[:80]!r}; it knows {known}"
            )
        return self._operations[name]


def _text(error: Exception) -> str:
    """A KeyError's own text is its key in quotes; those that say more have it as argument."""
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
