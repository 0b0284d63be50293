"""One open delta stream: reads requests, writes what the protocol core says, whatever carries it.

One reader and one writer a stream, and no queue between them. A change only marks names dirty;
whoever is not yet writing starts to. While a slow client blocks a write, its changes gather in
its own dirty sets and everyone else is served.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gossamer.process.event_log import EventLog
from gossamer.xds.events import (
    Acked,
    Answer,
    Note,
    Rejected,
    ResourceSource,
    Send,
    SharedSource,
    StreamFailed,
    Undecided,
    Used,
)
from gossamer.xds.frame import DiscoveryRequest, Node, join_response, parse_request
from gossamer.xds.stream.batch import Batch
from gossamer.xds.stream.ordering import Stream
from gossamer.xds.stream.send_budget import Reservation, SendBudget
from gossamer.xds.stream.stream_stats import Delays, StreamStats

_log = EventLog("gossamer.xds")


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end: its address, and what its certificate says if it has one: the
    SPIFFE id, and the one DNS name."""

    address: str
    spiffe: str | None = None
    dns: str = ""


class StreamRefused(Exception):
    """The peer may not have this stream or call; the message tells it why."""


class MalformedRequest(StreamRefused):
    """A request that cannot be read. The message is told to the peer."""


class StreamView(Protocol):
    """What one stream may see, and who is told what its client does. Answers without waiting."""

    def get(self, type_url: str, name: str) -> Answer:
        """The resource behind a name or alias; None if there is none, UNDECIDED if not known."""

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        """The names that a subscription to everything takes in."""

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """These names were asked for."""

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """The client applied these versions."""

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """The client refuses this version; it keeps what it had."""

    def closed(self) -> None:
        """The stream ended."""


class SharedView(StreamView, Protocol):
    """A view that others have as well, and that joins what they get alike."""

    def batch(self, type_url: str, names: tuple[str, ...]) -> tuple[Batch, tuple[str, ...]] | None:
        """See SharedSource."""


class StreamSource(Protocol):
    """Where streams get their truth."""

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        """Admit a stream. Raises StreamRefused."""


class StreamPipe(Protocol):
    """The pipe under a stream."""

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the peer said of itself when it opened the stream; unproven."""

    async def read(self) -> bytes | None:
        """The next message, None at the end."""

    async def write(self, data: bytes) -> None:
        """Write one message; waits while the peer does not read."""

    async def greet(self) -> None:
        """Tell the peer that its stream is accepted, ahead of the first message."""


class OpenStreams:
    """The open streams of one source.

    `spoken` is notified of a view after each of its turns; `meter` gives the one that counts a
    view.
    """

    def __init__(
        self,
        source: StreamSource,
        spoken: Callable[[StreamView], None] = lambda view: None,
        stats: Callable[[StreamView], StreamStats] = lambda view: StreamStats(),
    ) -> None:
        self._source = source
        self._spoken = spoken
        self._stats = stats
        self._budget = SendBudget()
        self._open: dict[int, Session] = {}

    def changed(self, view: StreamView, names: Mapping[str, Iterable[str]]) -> None:
        """Mark names dirty on a view's stream, by type. For the event loop's thread only."""
        if session := self._open.get(id(view)):
            session.changed(names)

    def refuse(self, reason: Callable[[StreamView, Peer], str | None]) -> int:
        """End the streams for which there is a reason, which their peers are told; how many."""
        refused = 0
        for session in tuple(self._open.values()):
            why = reason(session.view, session.peer)
            if why is not None:
                session.refuse(StreamRefused(why))
                refused += 1
        return refused

    def pending(self, view: StreamView) -> dict[str, set[str]]:
        """By type, the names that the view's client has yet to acknowledge."""
        session = self._open.get(id(view))
        return session.stream.pending() if session else {}

    async def converse(self, transport: StreamPipe) -> None:
        """Serve one stream to its end. Raises StreamRefused and MalformedFrame."""
        first = await transport.read()
        if first is None:
            return
        node = parse_request(first).node or Node("")
        view = self._source.open(transport.peer, node, transport.metadata)
        stats = self._stats(view)
        session = Session(transport, view, node.id, self._spoken, stats)
        session.budget = self._budget
        self._open[id(view)] = session
        try:
            await transport.greet()
            await session.run(first)
        finally:
            del self._open[id(view)]
            session.stop()
            view.closed()


class Session:
    """Drives the protocol core of one stream."""

    def __init__(
        self,
        transport: StreamPipe,
        view: StreamView,
        node: str,
        spoken: Callable[[StreamView], None],
        stats: StreamStats,
    ) -> None:
        one_type: Any = _OneSharedType if hasattr(view, "batch") else _OneType
        self.stream = Stream(lambda type_url: one_type(view, type_url))
        self._transport = transport
        self.peer = transport.peer
        self._reader: asyncio.Task[None] | None = None
        self._refusal: StreamRefused | None = None
        self.view = view
        self._node = node
        self._spoken = spoken
        self._stats = stats
        self._delays = Delays(stats)
        self._now = time.monotonic  # a uvloop's own clock counts whole milliseconds
        self.budget = SendBudget()
        self._places: list[Reservation] = []
        self._speaking = False
        self._more = False
        self._writer: asyncio.Task[None] | None = None

    async def run(self, first: bytes) -> None:
        """Read until the client leaves, or is refused: then StreamRefused is raised."""
        self._reader = asyncio.current_task()
        try:
            await self._read(first)
        except asyncio.CancelledError:
            if self._refusal is None or self._reader is None or self._reader.uncancel():
                raise
            raise self._refusal from None

    def refuse(self, refusal: StreamRefused) -> None:
        """End the stream while it is open."""
        self._refusal = refusal
        if self._reader is not None:
            self._reader.cancel()

    async def _read(self, first: bytes) -> None:
        data: bytes | None = first
        while data is not None:
            self._leave_room()
            request = parse_request(data)
            self._count(request)
            for note in self.stream.receive(request):
                self._tell(note)
            await self._speak()
            data = await self._transport.read()

    def _count(self, request: DiscoveryRequest) -> None:
        if request.nonce:
            self._delays.heard(request.type_url, request.nonce, self._now())
        if request.error is not None:
            self._stats.refused(request.type_url)

    def changed(self, names: Mapping[str, Iterable[str]]) -> None:
        """Mark names dirty and see that someone writes."""
        self.stream.changed(names)
        self._delays.changed(names, self._now())
        self._more = True
        if not self._speaking and (self._writer is None or self._writer.done()):
            self._writer = asyncio.get_running_loop().create_task(self._speak_aside())

    def stop(self) -> None:
        """The stream ended; nobody writes any more."""
        self._leave_room()
        if self._writer:
            self._writer.cancel()

    def _leave_room(self) -> None:
        """The client speaks, so it has read: what was written to it is no longer on its way."""
        places, self._places = self._places, []
        for place in places:
            place.leave()

    async def _speak(self) -> None:
        """Write turns until there is nothing to say; whoever comes meanwhile leaves a note."""
        self._more = True
        if self._speaking:
            return
        self._speaking = True
        try:
            while self._more:
                self._more = False
                for command in self.stream.turn():
                    await self._say(command)
                self._forget_what_made_no_difference()
                self._spoken(self.view)
        finally:
            self._speaking = False

    def _forget_what_made_no_difference(self) -> None:
        for type_url in self._delays.waiting():
            if not self.stream.waits(type_url):
                self._delays.settled(type_url)

    async def _speak_aside(self) -> None:
        """Speak outside the reader; a broken pipe is the reader's to report."""
        try:
            await self._speak()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _log.info("xds-write-ended", node=self._node, reason=str(error))

    async def _say(self, command: Send | Note) -> None:
        if isinstance(command, Send):
            if not self._places:
                await self.budget.free(command.size)
            self._places.append(self.budget.take(command.size))
            data = _encoded(command)
            self._stats.sent(command, len(data))
            self._delays.sent(command.type_url, command.nonce)
            await self._transport.write(data)
        else:
            self._tell(command)

    def _tell(self, note: Note) -> None:
        try:
            self._hand_over(note)
        except Exception as error:  # the owner's fault with one note must not end the stream
            _log.exception("xds-note-failed", node=self._node, error=repr(error))

    def _hand_over(self, note: Note) -> None:
        match note:
            case Used(type_url, names):
                self.view.used(type_url, names)
            case Acked(type_url, versions):
                self.view.acked(type_url, versions)
            case Rejected(type_url, name, version, message):
                what = {"type": type_url, "name": name, "version": version, "message": message}
                _log.warning("xds-rejected", node=self._node, **what)
                self.view.rejected(type_url, name, version, message)
            case StreamFailed(type_url, name, error):
                what = {"type": type_url, "name": name, "error": repr(error)}
                _log.exception("xds-failed", error, node=self._node, **what)


def _encoded(send: Send) -> bytes:
    if send.batch and not send.resources and not send.removed:
        return send.batch.message(send.type_url, send.nonce)
    joined = send.batch.frames if send.batch else b""
    return join_response(send.type_url, send.nonce, send.resources, send.removed, joined)


@dataclass(frozen=True, slots=True)
class _OneType(ResourceSource):
    """A view, seen as the source of one type."""

    view: StreamView
    type_url: str

    def get(self, name: str) -> Answer:
        return self.view.get(self.type_url, name)

    def wildcard(self) -> Collection[str] | Undecided:
        return self.view.wildcard(self.type_url)


class _OneSharedType(_OneType, SharedSource):
    """A shared view, seen as the source of one type."""

    view: SharedView

    def batch(self, names: tuple[str, ...]) -> tuple[Batch, tuple[str, ...]] | None:
        return self.view.batch(self.type_url, names)
