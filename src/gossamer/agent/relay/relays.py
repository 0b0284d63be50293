"""The relays of a host: one per proxy, over one connection to the plane, neighbours sharing.

The plane tells each proxy what decides its resources (a digest per type), ahead of these. Proxies
with equal digests get equal answers, so what one of them fetched is the next one's at once, and
in memory only once; the subscription goes to the plane all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from gossamer.agent.relay.memory import Memory
from gossamer.agent.relay.proxy import LocalSecret, Outside, PidOf, ProxyRelay, ProxySpec
from gossamer.agent.shapes import StreamStatus
from gossamer.contract.type_urls import SECRET
from gossamer.process.clock import LoopClock
from gossamer.xds.frame import Resource, body_of
from gossamer.xds.stream.stream_stats import StreamStats

REMEMBERED = "remembered"
"""The folder, below the agent's, of what workloads used."""


async def no_process(pod: str) -> int | None:
    """The process of an Envoy that somebody else runs."""
    return None


class Relay:
    """All proxies of this host."""

    def __init__(
        self,
        folder: Path,
        channel_factory: Callable[[], Any],
        local_secret: LocalSecret,
        clock: LoopClock | None = None,
        pid_of: PidOf = no_process,
    ) -> None:
        """`channel_factory` gives the shared channel each time a stream is opened.

        `clock` is the running event loop unless a test brings its own.
        """
        self._channel = channel_factory
        self._local_secret, self._pid_of = local_secret, pid_of
        self._clock = clock or asyncio.get_running_loop()
        self._memory = Memory(folder / REMEMBERED)
        self._proxies: dict[str, ProxyRelay] = {}
        self._shared: WeakValueDictionary[tuple[str, str], Resource] = WeakValueDictionary()

    async def add(self, spec: ProxySpec) -> None:
        """Relay for a proxy: its socket listens when this returns. Raises CannotListen."""
        await self.remove(spec.pod)
        outside = Outside(
            self._channel,
            self._local_secret,
            lambda type_url, name: self._neighbour(spec.pod, type_url, name),
            self._memory,
            self._share,
            self._pid_of,
            self._clock,
        )
        proxy = ProxyRelay(spec, outside)
        await proxy.start()
        self._proxies[spec.pod] = proxy

    async def remove(self, pod: str) -> None:
        """Relay for this pod no longer; what is on disk stays with its folder."""
        if proxy := self._proxies.pop(pod, None):
            await proxy.close()

    def status(self, pod: str) -> StreamStatus:
        """How a proxy stands. Raises KeyError."""
        return self._proxies[pod].status()

    def runs_secrets(self, pod: str) -> bool:
        """Whether the pod's Envoy is connected and has acknowledged every secret."""
        proxy = self._proxies.get(pod)
        return proxy is not None and proxy.runs_secrets()

    def secret(self, pod: str, name: str) -> bytes | None:
        """A secret that the plane gave a pod's proxy, None where it has none of that name."""
        proxy = self._proxies.get(pod)
        resource = proxy.core.cache.known(SECRET, name) if proxy else None
        return body_of(resource) if resource else None

    def meters(self) -> dict[str, StreamStats]:
        """What went to each proxy, by pod."""
        return {pod: proxy.meter for pod, proxy in self._proxies.items()}

    def remembered(self, workload: str) -> Mapping[str, tuple[str, ...]]:
        """Type URL to the names that a workload used, in this life or an earlier one."""
        return self._memory.recall(workload)

    def secret_changed(self, pod: str, names: Iterable[str]) -> None:
        """Secrets that `local_secret` answers for a pod have new versions."""
        if proxy := self._proxies.get(pod):
            proxy.secret_changed(names)

    async def close(self) -> None:
        """End all relays."""
        proxies, self._proxies = list(self._proxies.values()), {}
        await asyncio.gather(*(proxy.close() for proxy in proxies))

    def _share(self, resource: Resource) -> Resource:
        """The equal resource that some proxy of this host holds already, else this one."""
        held = self._shared.setdefault((resource.name, resource.version), resource)
        return held if held == resource else resource

    def _neighbour(self, pod: str, type_url: str, name: str) -> Resource | None:
        """What a proxy with the same view of this type holds under a name."""
        mine = self._proxies.get(pod)
        digest = mine.core.views.get(type_url) if mine else None
        if digest is None:
            return None
        for other in self._proxies.values():
            if other is not mine and other.core.views.get(type_url) == digest:
                resource = other.core.cache.known(type_url, name)
                if resource is not None:
                    return resource
        return None
