"""One proxy's relay at work: its socket, its stream to the plane, its disk, its timers.

All decisions are core.py's; here its commands are carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gossamer.agent.relay.cache import Cache
from gossamer.agent.relay.core import (
    Command,
    Down,
    Keep,
    Later,
    Lose,
    Neighbour,
    RelayCore,
    Remember,
    Up,
    Wait,
)
from gossamer.agent.relay.memory import Memory
from gossamer.agent.shapes import RefusedResource, StreamStatus
from gossamer.contract.extension_names import CONNECTION_RULES
from gossamer.contract.node_id import node_cluster, node_id
from gossamer.contract.rpc import STREAM_LOGS
from gossamer.contract.stream_metadata import ALL_HOSTS, HOSTS_KEY, PROXY_KEY
from gossamer.contract.type_urls import EXTENSION, SECRET
from gossamer.process.clock import LoopClock
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder
from gossamer.xds.connect import ServerConnection
from gossamer.xds.events import Answer, Undecided
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, Node, Resource, body_of
from gossamer.xds.serve import Serving, serve
from gossamer.xds.stream.session import OpenStreams, Peer, StreamView
from gossamer.xds.stream.stream_stats import StreamStats

if TYPE_CHECKING:
    from gossamer.agent.relay.connections.watch import OpenConnections

LATER_S = 0.02
"""How long plane and memory are left in peace while a proxy takes in what it asked for."""

SOCKET = "ads.sock"
CACHE = "cache"

LocalSecret = Callable[[str, str], Answer]
"""(pod, name) to a secret that this host answers; None if the plane does, UNDECIDED if not yet."""

PidOf = Callable[[str], Awaitable[int | None]]
"""From a pod to the process of its Envoy, None if it does not run."""

_log = EventLog("gossamer.agent")


@dataclass(frozen=True, slots=True)
class ProxySpec:
    """A proxy to relay for: `NAMESPACE/POD`, `NAMESPACE/WORKLOAD`, and its own folder."""

    pod: str
    workload: str
    folder: Path

    @property
    def node(self) -> Node:
        """Its name on the wire: `POD.NS`, cluster `WORKLOAD.NS`."""
        return Node(node_id(self.pod), node_cluster(self.workload))


@dataclass(frozen=True, slots=True)
class Outside:
    """What a proxy's relay uses of its host."""

    channel: Callable[[], Any] = field(repr=False)
    local_secret: LocalSecret
    neighbour: Neighbour
    memory: Memory
    share: Callable[[Resource], Resource]
    pid_of: PidOf
    clock: LoopClock


class ProxyRelay:
    """Between one Envoy and the plane."""

    def __init__(self, spec: ProxySpec, outside: Outside) -> None:
        self.spec = spec
        self._outside = outside
        self._cache = Cache(private_folder(spec.folder) / CACHE, outside.share)
        remembered = outside.memory.recall(spec.workload)
        kept = self._cache.resources()
        self.core = RelayCore(spec.node, kept, remembered, outside.neighbour)
        self.meter = StreamStats()
        self._streams = OpenStreams(self, self._spoken, lambda view: self.meter)
        self._open: list[_View] = []
        self._refused_secrets: set[str] = set()
        self._upstream = ServerConnection(outside.channel, self._metadata, self, outside.clock)
        self._running: asyncio.Task[None] | None = None
        self._serving: Serving | None = None
        self._timers: set[Any] = set()
        self._connections: OpenConnections | None = None

    async def start(self) -> None:
        """Listen for Envoy and connect to the plane. Raises CannotListen."""
        address, sinks = f"unix:{self.spec.folder / SOCKET}", {STREAM_LOGS: self._heard}
        self._serving = await serve([address], self._streams, sinks=sinks)
        self._running = asyncio.get_running_loop().create_task(self._upstream.run())

    async def close(self) -> None:
        """End both streams; the disk keeps what it has."""
        for timer in self._timers:
            timer.cancel()
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self._serving:
            await self._serving.close()

    def status(self) -> StreamStatus:
        """How the proxy stands; `synced`: it runs all that the plane said."""
        pending = sum(len(names) for names in self._pending().values())
        served = bool(self._open)
        refused = self.core.refused.items()
        return StreamStatus(
            connected=self.core.connected,
            served=served,
            synced=served and pending == 0,
            pending=pending,
            rejected=[RefusedResource(*which, *why) for which, why in refused],
        )

    def runs_secrets(self) -> bool:
        """Whether Envoy is connected and has acknowledged every secret."""
        return bool(self._open) and not (self._pending().get(SECRET) or self._refused_secrets)

    def secret_changed(self, names: Iterable[str]) -> None:
        """Secrets that this host answers have new versions."""
        self._down(SECRET, tuple(names))

    # xds.session.Source, for Envoy

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        """Admit Envoy: whoever can open this proxy's socket is this proxy."""
        view = _View(self)
        self._open.append(view)
        self._refused_secrets.clear()  # what it refuses still, it is sent again
        return view

    def get(self, type_url: str, name: str) -> Answer:
        """What this proxy gets for a name."""
        if type_url == SECRET:
            local = self._outside.local_secret(self.spec.pod, name)
            if local is not None:
                return local
        return self.core.cache.get(type_url, name)

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """Envoy asks."""
        secret = self._outside.local_secret
        if type_url == SECRET:
            names = tuple(name for name in names if secret(self.spec.pod, name) is None)
        self._do(self.core.asked(type_url, names))

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Envoy took it."""
        if type_url == SECRET:
            self._refused_secrets.difference_update(versions)
        self.core.acked(type_url, versions)
        if type_url == EXTENSION and CONNECTION_RULES in versions and self._connections:
            self._connections.changed()

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """Envoy refuses it, and runs what it had; of our own secrets nobody else keeps count."""
        if type_url == SECRET:
            self._refused_secrets.add(name)
        self._do(self.core.rejected(type_url, name, version, message))

    def left(self, view: _View) -> None:
        """Envoy's stream ended; the plane need not wait for it."""
        self._open.remove(view)
        self._settle()

    # xds.connect.ClientSession, for the plane

    def opening(self) -> Iterable[DiscoveryRequest]:
        """All that is subscribed and held."""
        return self.core.opening()

    def opened(self) -> None:
        """The plane is here."""
        self.core.opened()

    def received(self, response: DiscoveryResponse) -> None:
        """The plane speaks; written to disk before Envoy gets it."""
        shared = tuple(self._outside.share(resource) for resource in response.resources)
        self._do(self.core.received(replace(response, resources=shared)))
        self._settle()

    def lost(self, reason: str) -> None:
        """The plane is away."""
        self._do(self.core.lost())

    def _metadata(self) -> Mapping[str, str]:
        hosts = {HOSTS_KEY: ALL_HOSTS} if self.core.has_all_hosts else {}
        return {PROXY_KEY: self.spec.pod} | hosts

    # Envoy's log of connections

    def _heard(self, message: bytes) -> None:
        """Envoy tells of connections; only a workload of bytes needs what knows about them."""
        if self._connections is None:
            from gossamer.agent.relay.connections.watch import OpenConnections

            pod, pid_of = self.spec.pod, self._outside.pid_of
            self._connections = OpenConnections(pod, lambda: pid_of(pod), self._rules)
        self._connections.heard(message)

    def _rules(self) -> bytes | None:
        resource = self.core.cache.known(EXTENSION, CONNECTION_RULES)
        return body_of(resource) if resource else None

    # Commands

    def _do(self, commands: Iterable[Command]) -> None:
        commands = list(commands)
        self._write(commands)
        for command in commands:
            match command:
                case Up(request):
                    self._upstream.send([request])
                case Later(request):
                    self._after(LATER_S, partial(self._upstream.send, [request]))
                case Down(type_url, names):
                    self._down(type_url, names)
                case Wait(seconds, type_url, names):
                    self._after(seconds, partial(self._waited, type_url, names))
                case Remember(type_url, names):
                    self._remember(type_url, names)

    def _remember(self, type_url: str, names: tuple[str, ...]) -> None:
        """For a next life, so the disk may wait until the proxy has what it asked for."""
        workload, memory = self.spec.workload, self._outside.memory
        if fresh := memory.remember(workload, type_url, names):
            keep = partial(memory.keep, workload, type_url, fresh)
            self._outside.clock.call_later(LATER_S, keep)  # even if this relay is closed by then

    def _write(self, commands: Iterable[Command]) -> None:
        """The disk first. If it refuses, traffic goes on and a restart starts emptier."""
        changes: list[tuple[str, str, Resource | None]] = []
        for command in commands:
            match command:
                case Keep(type_url, resource):
                    changes.append((type_url, resource.name, resource))
                case Lose(type_url, name):
                    changes.append((type_url, name, None))
        try:
            self._cache.write(changes)
        except OSError as error:
            _log.warning("cache-not-written", pod=self.spec.pod, reason=str(error))

    def _down(self, type_url: str, names: tuple[str, ...]) -> None:
        for view in self._open:
            self._streams.changed(view, {type_url: names})

    def _waited(self, type_url: str, names: tuple[str, ...]) -> None:
        self._do(self.core.waited(type_url, names))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def over() -> None:
            self._timers.discard(timer)
            act()

        timer = self._outside.clock.call_later(seconds, over)
        self._timers.add(timer)

    def _spoken(self, view: StreamView) -> None:
        """A turn was written or found empty: what is not pending now was heard before."""
        self._settle()

    def _settle(self) -> None:
        self._do(self.core.settle(self._pending()))

    def _pending(self) -> Mapping[str, Collection[str]]:
        return self._streams.pending(self._open[-1]) if self._open else {}


class _View:
    """One stream of this proxy's Envoy; a reconnecting one may briefly have two."""

    def __init__(self, proxy: ProxyRelay) -> None:
        self._proxy = proxy
        self.get = proxy.get
        self.used = proxy.used
        self.acked = proxy.acked
        self.rejected = proxy.rejected

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        return self._proxy.core.cache.wildcard(type_url)

    def closed(self) -> None:
        self._proxy.left(self)
