"""A control socket: operations by name, one JSON object a line each way, for this user only.

Each operation has a type of request and a type of answer. A request of another shape is refused
with the field and the type expected, before anything is done.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from gossamer.process.event_log import EventLog
from gossamer.process.json_lines.call import operation_of
from gossamer.process.json_lines.exchange import send_socket
from gossamer.process.json_lines.line import LONGEST_LINE
from gossamer.process.private_socket import listen_private, peer_uid
from gossamer.process.shape import as_words

Request = TypeVar("Request", bound=Struct)

Feed = Callable[[], AsyncIterator[Any]]
"""An operation that answers with many lines, until either side ends."""

log = EventLog("gossamer.control")


class OperationRefused(Exception):
    """An operation that cannot be done; the text is for people."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[Request]):
    """What is done for one type of request; its name is the request's tag."""

    takes: type[Request]
    run: Callable[[Request], Awaitable[Struct]]


@dataclass(frozen=True, slots=True)
class Lender(Generic[Request]):
    """An operation whose answer brings a socket along, for the caller to keep."""

    takes: type[Request]
    run: Callable[[Request], Awaitable[tuple[Struct, socket.socket]]]


class OperationName(Struct, frozen=True):
    """Which operation a line asks for."""

    op: str


class OperationFailed(Struct, frozen=True):
    """Why it was not done, for people."""

    error: str


class ControlServer:
    """Answers until closed. `refusals` are the exceptions whose text is for who asked."""

    def __init__(
        self,
        owner: str,
        operations: Iterable[Operation[Any]],
        *,
        feeds: Mapping[str, Feed] | None = None,
        lenders: Iterable[Lender[Any]] = (),
        refusals: tuple[type[Exception], ...] = (),
    ) -> None:
        """`owner` is who answers, as people call it: `agent`."""
        self._owner = owner
        self._operations = {operation_of(each.takes): each for each in operations}
        self._feeds = feeds or {}
        self._lenders = {operation_of(each.takes): each for each in lenders}
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
        name = _name_in(line) or ""
        if lender := self._lenders.get(name):
            await self._lend(lender, line, writer)
        elif feed := self._feeds.get(name):
            async for event in feed():
                await _send(writer, msgspec.json.encode(event))
        else:
            await _send(writer, await self._outcome(name, line))

    async def _lend(self, lender: Lender[Any], line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            answer, lent = await lender.run(self._request(lender, line))
        except self._refusals as error:
            await _send(writer, _failed(_text(error)))
            return
        with lent:
            await writer.drain()
            send_socket(writer.get_extra_info("socket").fileno(), as_words(answer), lent)

    async def _outcome(self, name: str, line: bytes) -> bytes:
        """The operation's answer; what cannot be done is an `error` in words.

        A log names the operation alone: the rest of what was asked may hold Secrets.
        """
        try:
            operation = self._operation(name)
            return msgspec.json.encode(await operation.run(self._request(operation, line)))
        except self._refusals as error:
            return _failed(_text(error))
        except Exception as error:
            log.exception("operation-failed", server=self._owner, op=name)
            return _failed(f"the {self._owner} failed at this: {error}; its log says more")

    def _operation(self, name: str) -> Operation[Any]:
        known = ", ".join(sorted((*self._operations, *self._feeds, *self._lenders)))
        if not name:
            raise OperationRefused(
                f"the {self._owner} takes one JSON object a line, with its operation as op: {known}"
            )
        if name not in self._operations:
            raise OperationRefused(
                f"the {self._owner} does not know the operation {name[:80]!r}; it knows {known}"
            )
        return self._operations[name]

    def _request(self, operation: Operation[Request] | Lender[Request], line: bytes) -> Request:
        try:
            return msgspec.json.decode(line, type=operation.takes)
        except _UNREADABLE as error:
            raise OperationRefused(
                f"the {self._owner} cannot read this request for {operation_of(operation.takes)}: "
                f"{error}. Nothing was done"
            ) from error


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _name_in(line: bytes) -> str | None:
    """The operation that a line asks for; None where it holds no object with one."""
    try:
        return msgspec.json.decode(line, type=OperationName).op
    except _UNREADABLE:
        return None


def _failed(error: str) -> bytes:
    """What is quoted in it may hold half of a surrogate pair, which JSON in UTF-8 cannot."""
    words = error.encode("utf-8", "backslashreplace").decode()
    return msgspec.json.encode(OperationFailed(words))


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    """Write one line, and wait while the other side is slow."""
    writer.write(line + b"\n")
    await writer.drain()


def _text(error: Exception) -> str:
    """A KeyError's own text is its key in quotes; those that say more have it as argument."""
    return str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
