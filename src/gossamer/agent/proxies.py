"""The proxies of this host: brought from what runs to what is desired, and told about.

The desired set is kept on disk. An agent that was killed comes back with it, finds every Envoy
still running, and touches none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from gossamer.agent.identity.trust import HostState, Trust
from gossamer.agent.launcher import NotLaunched
from gossamer.agent.plan import SCHEMA, BadPods, DesiredPod, kept, read_pods, steps
from gossamer.agent.proxy import Proxy, ProxyHost
from gossamer.agent.shapes import DesiredPods, HostProxyStatus
from gossamer.envoy.admin import Admin
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.xds.frame import Resource
from gossamer.xds.stream.stream_stats import StreamStats

log = EventLog("gossamer.agent")


class NoProxy(Exception):
    """A pod that has no proxy here was named."""


class HostProxies:
    """All proxies of one host."""

    def __init__(self, host: ProxyHost) -> None:
        self._host = host
        self._file = host.folder / "desired.json"
        self._running: dict[str, Proxy] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._starting: set[asyncio.Task[None]] = set()

    def remember(self) -> None:
        """Take up the desired set that is on disk; nothing if there is none to read."""
        try:
            desired = msgspec.json.decode(self._file.read_bytes(), type=DesiredPods)
            if desired.schema != SCHEMA:
                raise ValueError(f"schema {desired.schema} is not {SCHEMA}")
            self._move_to(read_pods(desired.pods))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError, BadPods) as error:
            log.warning("desired-unreadable", file=str(self._file), reason=repr(error))

    def set(self, pods: Sequence[DesiredPod]) -> None:
        """Make these the proxies of this host; remembered before anything is done."""
        text = msgspec.json.format(msgspec.json.encode(kept(pods)), indent=1)
        write_private(self._file, text + b"\n")
        self._move_to(pods)

    async def close(self) -> None:
        """The agent ends; Envoys run on, and the next agent takes them up."""
        for task in (*self._starting, *self._ending.values()):
            task.cancel()
        await asyncio.gather(*(proxy.let_go() for proxy in self._running.values()))

    async def drain(self, key: str, seconds: float) -> bool:
        """Let one proxy finish what it has; True if everything ended. NoProxy if unknown."""
        return await self._of(key).drain(seconds)

    async def status(self) -> list[HostProxyStatus]:
        """One row per proxy, as `gossamer status` shows it."""
        pids = await self._pids()
        return [self._row(proxy, pids) for _, proxy in sorted(self._running.items())]

    def meters(self) -> Mapping[str, StreamStats]:
        """What went to each proxy since this agent began, by pod."""
        return self._host.relay.meters()

    def scraped(self) -> tuple[tuple[DesiredPod, Admin], ...]:
        """Each pod with its proxy's admin socket, for those who read counters."""
        return tuple((proxy.pod, proxy.admin) for proxy in self._running.values())

    def state(self, trust: Trust) -> HostState:
        """How far this host is with certificates and roots, as the plane is told."""
        proxies = sorted(self._running.items())
        renewals = (proxy.renewal for _, proxy in proxies)
        behind = tuple(key for key, proxy in proxies if proxy.is_behind(trust))
        return HostState(behind, min((at for at in renewals if at), default=None))

    def trust_changed(self) -> None:
        """Another issuer signs now, or other roots are believed: every proxy looks again."""
        for proxy in self._running.values():
            proxy.trust_changed()

    def secret(self, key: str) -> Resource | None:
        """The pod's own certificate as an xDS resource, None until it is signed."""
        proxy = self._running.get(key)
        return proxy.credential.secret() if proxy and proxy.credential else None

    async def pid_of(self, key: str) -> int | None:
        """The process of a pod's Envoy, None if it does not run."""
        proxy = self._running.get(key)
        return (await self._pids()).get(proxy.pod.process, proxy.pid) if proxy else None

    def folder(self, key: str) -> Path:
        """Where a pod's files are; NoProxy if unknown."""
        return self._of(key).folder

    def _of(self, key: str) -> Proxy:
        if key not in self._running:
            raise NoProxy(f"pod {key!r} has no proxy on this host; see status for those that have")
        return self._running[key]

    def _move_to(self, pods: Sequence[DesiredPod]) -> None:
        todo = steps({key: proxy.pod for key, proxy in self._running.items()}, pods)
        for key in todo.stop:
            self._ending[key] = asyncio.create_task(self._running.pop(key).end())
            self._ending[key].add_done_callback(partial(self._forget, key))
        for pod in todo.start:
            proxy = self._running[pod.key] = Proxy(pod, self._host)
            self._begin(proxy, self._ending.get(pod.key))

    def _begin(self, proxy: Proxy, predecessor: asyncio.Task[None] | None) -> None:
        """Start a proxy, after the end of another one of the same name."""
        if predecessor is None:
            proxy.begin()
            return
        waiting = asyncio.create_task(self._begin_after(predecessor, proxy))
        self._starting.add(waiting)
        waiting.add_done_callback(self._starting.discard)

    async def _begin_after(self, predecessor: asyncio.Task[None], proxy: Proxy) -> None:
        await asyncio.wait([predecessor])
        if self._running.get(proxy.pod.key) is proxy:
            proxy.begin()

    def _forget(self, key: str, done: asyncio.Task[None]) -> None:
        if self._ending.get(key) is done:
            del self._ending[key]
        if not done.cancelled() and (error := done.exception()):
            log.error("proxy-end-failed", pod=key, error=repr(error))

    async def _pids(self) -> Mapping[str, int]:
        try:
            return await self._host.launcher.pids()
        except NotLaunched:
            return {}

    def _row(self, proxy: Proxy, pids: Mapping[str, int]) -> HostProxyStatus:
        pod, credential = proxy.pod, proxy.credential
        ends = credential.span.ends.strftime("%Y-%m-%dT%H:%M:%SZ") if credential else None
        stream = self._host.relay.status(pod.key)
        return HostProxyStatus(
            pod=pod.key,
            workload=f"{pod.namespace}/{pod.workload}",
            pid=pids.get(pod.process, proxy.pid),
            connected=stream.connected,
            served=stream.served,
            synced=stream.synced,
            pending=stream.pending,
            rejected=stream.rejected,
            certificate_expires=ends,
            envoy=proxy.envoy,
            ready=proxy.ready,
        )
