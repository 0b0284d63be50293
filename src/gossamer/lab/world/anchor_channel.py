"""The line between holder and anchor: JSON objects, one a line, over a socket pair.

Each request has one answer, in order. An answer may bring a file descriptor along (SCM_RIGHTS).
The anchor reads its end with plain blocking calls, since it does one thing at a time and steps
between namespaces while doing it; the holder's end is asyncio.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from gossamer.process.shape import as_words, of_shape

_CHUNK = 1 << 16
_MOST_DESCRIPTORS = 16

Answer = dict[str, Any]
"""An answer as it came, with the descriptor that came along."""

Given = TypeVar("Given")


class WorldGone(ConnectionError):
    """The anchor ended: the world and every pod in it are gone."""


class AnchorChannel:
    """The holder's end: ask, and await the answer."""

    def __init__(self, end: socket.socket, on_gone: Callable[[], None]) -> None:
        end.setblocking(False)
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._on_gone = on_gone
        self._waiting: deque[asyncio.Future[Answer]] = deque()
        self._sending = asyncio.Lock()
        self._received = b""
        self._descriptors: deque[int] = deque()
        self._loop.add_reader(end, self._read)

    async def first(self, gives: type[Given]) -> Given:
        """What the anchor says by itself when it starts."""
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append(answered)
        return of_shape(_checked(await answered), gives)

    async def ask(self, request: Struct, gives: type[Given]) -> Given:
        """Send one request; the answer, or OSError with the anchor's reason."""
        return of_shape(await self._answered(request), gives)

    async def ask_socket(self, request: Struct) -> socket.socket:
        """The socket that an answer brings."""
        return socket.socket(fileno=(await self._answered(request))["descriptor"])

    async def _answered(self, request: Struct) -> Answer:
        line = msgspec.json.encode(request) + b"\n"
        answered: asyncio.Future[Answer] = self._loop.create_future()
        async with self._sending:
            if self._end.fileno() < 0:
                raise WorldGone("the lab's world has ended; run `gossamer up` again")
            self._waiting.append(answered)
            await self._loop.sock_sendall(self._end, line)
        return _checked(await answered)

    def close(self) -> None:
        """Hang up; who still waits is told that the world is gone."""
        if self._end.fileno() < 0:
            return
        self._loop.remove_reader(self._end)
        self._end.close()
        for answered in self._waiting:
            if not answered.done():
                answered.set_exception(WorldGone("the lab's world ended before it answered"))
        self._waiting.clear()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _read(self) -> None:
        try:
            chunk, descriptors, _, _ = socket.recv_fds(self._end, _CHUNK, _MOST_DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError:
            chunk, descriptors = b"", []
        self._descriptors.extend(descriptors)
        if not chunk:
            self.close()
            self._on_gone()
            return
        *lines, self._received = (self._received + chunk).split(b"\n")
        for line in lines:
            self._deliver(json.loads(line))

    def _deliver(self, answer: Answer) -> None:
        """Hand an answer to whoever waits for it; a socket that is no longer wanted is closed."""
        answered = self._waiting.popleft()
        if answer.pop("brings", None):
            answer["descriptor"] = self._descriptors.popleft()
        if not answered.done():
            answered.set_result(answer)
        elif "descriptor" in answer:
            os.close(answer["descriptor"])


def _checked(answer: Answer) -> Answer:
    if "error" in answer:
        raise OSError(answer.get("errno") or 0, answer["error"])
    return answer


class AnchorLine:
    """The anchor's end: blocking, one request at a time."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(True)
        self._end = end
        self._lines = end.makefile("rb")

    def requests(self) -> Iterator[bytes]:
        """Each request in turn, until the holder hangs up."""
        yield from self._lines

    def answer(self, answer: Struct, brings: socket.socket | None = None) -> None:
        """Answer the request in hand, with a socket if there is one."""
        if brings is None:
            self._end.sendall(msgspec.json.encode(answer) + b"\n")
            return
        line = json.dumps({**as_words(answer), "brings": True}).encode() + b"\n"
        socket.send_fds(self._end, [line], [brings.fileno()])
        brings.close()

    def refuse(self, error: str, number: int | None) -> None:
        """Say that it was not done, and why; `number` is the kernel's."""
        line = json.dumps({"error": error, "errno": number}).encode() + b"\n"
        self._end.sendall(line)
