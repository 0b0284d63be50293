"""The client's side of a delta ADS stream: opens it, opens it again, hands frames over.

What is subscribed and what is held are the session's to know: on every opening it says the
requests that state them, so that an unchanged world costs no resource.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import grpc

from gossamer.process.clock import LoopClock
from gossamer.process.event_log import EventLog
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, encode_request, parse_response
from gossamer.xds.serve import DELTA_ADS

BACK_OFF_S = (0.1, 0.2, 0.5)
"""Waits before another try, the last one again and again; each is spread by a quarter."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
)

_log = EventLog("gossamer.xds")


class ClientSession(Protocol):
    """Who speaks through the stream."""

    def opening(self) -> Iterable[DiscoveryRequest]:
        """The first requests of a new stream: all names, and the versions held."""

    def opened(self) -> None:
        """The server accepted the stream."""

    def received(self, response: DiscoveryResponse) -> None:
        """A response came."""

    def lost(self, reason: str) -> None:
        """The stream ended or could not be opened."""


class ServerConnection:
    """A stream that is kept open as long as `run` runs."""

    def __init__(
        self,
        channel: Callable[[], Any],
        metadata: Callable[[], Mapping[str, str]],
        session: ClientSession,
        clock: LoopClock,
    ) -> None:
        """`channel` and `metadata` are asked for each time that a stream is opened."""
        self._channel = channel
        self._metadata = metadata
        self._session = session
        self._clock = clock
        self._outbox: list[DiscoveryRequest] = []
        self._stirred = asyncio.Event()
        self._open = False
        self._tries = 0

    def send(self, requests: Iterable[DiscoveryRequest]) -> None:
        """Write requests in order; between streams they are dropped (`opening` says it all)."""
        if self._open:
            self._outbox += requests
            self._stirred.set()

    async def run(self) -> None:
        """Keep the stream open until cancelled."""
        while True:
            reason = await self._one_stream()
            self._open = False
            self._session.lost(reason)
            _log.info("xds-lost", metadata=dict(self._metadata()), reason=reason)
            await self._back_off()

    async def _one_stream(self) -> str:
        """Open a stream and stay until it ends; why it ended."""
        call = None
        try:
            method = self._channel().stream_stream(DELTA_ADS)
            call = method(metadata=tuple(self._metadata().items()), wait_for_ready=True)
            self._outbox = list(self._session.opening())
            self._open = True
            self._stirred.set()
            return await self._converse(call)
        except grpc.aio.AioRpcError as error:
            return f"{error.code().name}: {error.details()}"
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            return "the channel was closed"  # grpc.aio cancels whoever reads from it
        except Exception as error:
            _log.exception("xds-client-failed", error=repr(error))
            return repr(error)
        finally:
            if call is not None:
                call.cancel()

    async def _converse(self, call: Any) -> str:
        writer = asyncio.ensure_future(self._write(call))
        try:
            await call.initial_metadata()
            if call.done():
                await call.read()
            self._session.opened()
            self._tries = 0
            while (data := await call.read()) is not grpc.aio.EOF:
                self._session.received(parse_response(data))
            return f"{(await call.code()).name}: {await call.details()}"
        finally:
            writer.cancel()
            await asyncio.wait([writer])  # unlike `await writer`, keeps a cancellation of ours

    async def _write(self, call: Any) -> None:
        """Write what is in the outbox, until the stream breaks; the reader says why it did."""
        with suppress(grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                requests, self._outbox = self._outbox, []
                for request in requests:
                    await call.write(encode_request(request))

    async def _back_off(self) -> None:
        base = BACK_OFF_S[min(self._tries, len(BACK_OFF_S) - 1)]
        self._tries += 1
        over = asyncio.Event()
        timer = self._clock.call_later(base * random.uniform(0.75, 1.25), over.set)
        try:
            await over.wait()
        finally:
            timer.cancel()
