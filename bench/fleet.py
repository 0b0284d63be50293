"""Many simulated sidecars on real streams: over one connection as an agent, or one each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc

from bench.look import holds
from bench.sidecar import Sidecar
from gossamer.identity.join import Join
from gossamer.identity.plan import PLANE_NAME
from gossamer.xds.serve import DELTA_ADS

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.ssl_target_name_override", PLANE_NAME),
)


@dataclass(slots=True)
class Watch:
    """Waits until as many sidecars have seen a marker as should."""

    marker: bytes
    wanted: int
    began: float = field(default_factory=time.perf_counter)
    seen: dict[str, float] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self, sidecar: Sidecar, data: bytes) -> None:
        """Note the first time that this sidecar got the marker."""
        if sidecar.pod not in self.seen and holds(data, self.marker):
            self.seen[sidecar.pod] = time.perf_counter() - self.began
            if len(self.seen) >= self.wanted:
                self.done.set()


class Fleet:
    """Sidecars and their streams."""

    def __init__(self, sidecars: Sequence[Sidecar], address: str, join: Join) -> None:
        self.sidecars = sidecars
        self.ready_after: dict[str, float] = {}
        self.watch: Watch | None = None
        self.messages = 0
        self.last = 0.0
        self._address = address
        self._join = join
        self._channels: list[Any] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._all_ready = asyncio.Event()

    @property
    def received(self) -> int:
        """Bytes of all responses."""
        return sum(sidecar.received for sidecar in self.sidecars)

    async def connect(self, connections: int, timeout_s: float) -> float:
        """Open all streams at once; seconds until the last sidecar had everything."""
        self._channels = [self._channel() for _ in range(connections)]
        began = time.perf_counter()
        for number, sidecar in enumerate(self.sidecars):
            channel = self._channels[number % connections]
            self._tasks.append(asyncio.create_task(self._live(sidecar, channel, began)))
        ready = asyncio.create_task(self._all_ready.wait())
        done, _ = await asyncio.wait(
            (ready, *self._tasks), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        for each in done:
            each.result()  # a stream that ended is told, not waited for
        if ready not in done:
            raise TimeoutError(f"{len(self.sidecars) - len(self.ready_after)} are not ready")
        return time.perf_counter() - began

    async def quiet(self, seconds: float) -> None:
        """Return once nothing came for so long."""
        self.last = time.perf_counter()
        while (left := self.last + seconds - time.perf_counter()) > 0:
            await asyncio.sleep(left)

    async def close(self) -> None:
        """End all streams."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self._channels:
            await channel.close()

    def _channel(self) -> Any:
        join = self._join
        credentials = grpc.ssl_channel_credentials(
            join.roots.encode(), join.key.encode(), join.chain.encode()
        )
        return grpc.aio.secure_channel(self._address, credentials, options=_OPTIONS)

    async def _live(self, sidecar: Sidecar, channel: Any, began: float) -> None:
        call = channel.stream_stream(DELTA_ADS)(
            metadata=(("gossamer-proxy", sidecar.pod),), wait_for_ready=True
        )
        for request in sidecar.opening():
            await call.write(request)
        while (data := await call.read()) is not grpc.aio.EOF:
            self.messages += 1
            self.last = time.perf_counter()
            if self.watch is not None:
                self.watch.look(sidecar, data)
            for request in sidecar.receive(data):
                await call.write(request)
            if sidecar.pod not in self.ready_after and sidecar.ready:
                self._note_ready(sidecar, time.perf_counter() - began)
        raise RuntimeError(f"the stream of {sidecar.pod} ended: {await call.details()}")

    def _note_ready(self, sidecar: Sidecar, after: float) -> None:
        self.ready_after[sidecar.pod] = after
        if len(self.ready_after) == len(self.sidecars):
            self._all_ready.set()
