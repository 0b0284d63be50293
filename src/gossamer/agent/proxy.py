"""One proxy's life on this host: its folder, credential, configuration, Envoy, and its end."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from gossamer.agent.identity.keys import Credential, Keeper, KeyOwner
from gossamer.agent.identity.trust import Trust
from gossamer.agent.identity.workload_api.api import IdentitySources, WorkloadApi
from gossamer.agent.identity.workload_api.place import socket_folder
from gossamer.agent.launcher import Launch, Launcher, NotLaunched
from gossamer.agent.plan import DesiredPod, bootstrap_plan, expected_listeners
from gossamer.agent.shapes import StreamStatus
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.bootstrap import bootstrap
from gossamer.envoy.drain import drain
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.identity.rotation.spread import Turnstile
from gossamer.process.clock import Clock, backoff
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder, write_private
from gossamer.xds.stream.stream_stats import StreamStats

DRAIN_SECONDS = 5.0
"""How long a removed proxy may finish what it has, if nobody drained it before."""

KILL_SECONDS = 2.0
HURRIED, CALM = 0.1, 2.0
"""Seconds between looks at Envoy: until it is ready, and after."""

ACCESS_LOG = "access.log"
"""Envoy's output: a line per request, and what it warns of."""

APPLICATION = "application"
"""The folder of the key that the application is given, where it asked for one."""

LARGEST_LOG = 64 * 1024 * 1024

log = EventLog("gossamer.agent")


class ConfigurationSource(Protocol):
    """What gives proxies their configuration."""

    async def add(self, pod: DesiredPod, folder: Path) -> None:
        """Serve this proxy's Envoy on `folder`/ads.sock."""

    async def remove(self, key: str) -> None:
        """Serve it no longer."""

    def secret_changed(self, key: str) -> None:
        """Its credential is another one now."""

    def runs_secrets(self, key: str) -> bool:
        """Whether its Envoy is connected and has acknowledged every secret."""

    def roots(self, key: str) -> bytes | None:
        """The secret that says whom its Envoy believes, None until it has one."""

    def status(self, key: str) -> StreamStatus:
        """How the proxy's stream stands."""

    def meters(self) -> Mapping[str, StreamStats]:
        """What went to each proxy, by pod."""


class Signer(Protocol):
    """Who signs for pods of this host."""

    async def sign(self, pod: str, csr: str) -> str:
        """The chain for a request; raises NotSigned."""

    def trust(self) -> Trust:
        """Whom this host believes, and who signs."""


@dataclass(frozen=True, slots=True)
class ProxyHost:
    """What all proxies of this host share."""

    folder: Path
    envoy: Path
    relay: ConfigurationSource
    launcher: Launcher
    signer: Signer
    clock: Clock
    resolver: str = ""
    renewals: Turnstile = field(default_factory=Turnstile)


class Proxy:
    """One Envoy and what belongs to it; `begin` and `end` are called once each."""

    def __init__(self, pod: DesiredPod, host: ProxyHost) -> None:
        self.pod = pod
        self.folder = host.folder / pod.folder
        self.admin = Admin(self.folder / "admin.sock")
        self.envoy = ""
        self.pid: int | None = None
        self._host = host
        self._open: frozenset[str] = frozenset()
        self._drained = False
        self._task: asyncio.Task[None] | None = None
        owner = KeyOwner(pod.key, pod.spiffe, self.folder)
        self._keeper = Keeper(owner, self._sign, lambda: host.relay.secret_changed(pod.key))
        self._workload_api = self._api() if pod.has_workload_api else None

    @property
    def credential(self) -> Credential | None:
        """What its Envoy proves itself with."""
        return self._keeper.current

    @property
    def ready(self) -> bool:
        """Whether it serves: Envoy is live, its listeners are open, it has its certificate."""
        listening = expected_listeners(self.pod) <= self._open
        return self.envoy == "LIVE" and listening and self.credential is not None

    @property
    def renewal(self) -> datetime | None:
        """When the next of its certificates is renewed; None while it has none."""
        trust = self._host.signer.trust()
        renewals = [self._keeper.renewal(trust)]
        if self._workload_api:
            renewals.append(self._workload_api.renewal(trust))
        return min((at for at in renewals if at), default=None)

    def is_behind(self, trust: Trust) -> bool:
        """Whether its Envoy or application has a certificate of another issuer, or Envoy may run
        other secrets than it was sent. One that waits for its first certificate is not behind."""
        given = self._workload_api.credential if self._workload_api else None
        if given and not trust.signed(given.chain):
            return True
        held = self.credential
        if held is None:
            return False
        return not (trust.signed(held.chain) and self._host.relay.runs_secrets(self.pod.key))

    def trust_changed(self) -> None:
        """Another issuer signs now, or other roots are believed."""
        self._keeper.stir()
        if self._workload_api:
            self._workload_api.stir()

    def begin(self) -> None:
        """Start its life; everything that fails is tried again until `end`."""
        self._task = asyncio.create_task(self._live(), name=f"proxy {self.pod.key}")

    async def end(self) -> None:
        """Drain it unless that was done, end its Envoy, and leave no key behind."""
        if not self._drained:
            await self.drain(DRAIN_SECONDS)
        await self.let_go()
        try:
            await self._host.launcher.kill(self.pod.process, KILL_SECONDS)
        except NotLaunched as error:
            log.warning("not-killed", pod=self.pod.key, reason=str(error))
        await self._host.relay.remove(self.pod.key)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        log.info("proxy-ended", pod=self.pod.key)

    async def let_go(self) -> None:
        """Care for it no longer; its Envoy runs on with what it has."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def drain(self, seconds: float) -> bool:
        """Fail readiness, close listeners, wait for open connections; True if all ended."""
        self._drained = True
        try:
            await drain(self.admin)
            for _ in range(max(1, round(seconds / HURRIED))):
                if await self._connections() == 0:
                    return True
                await self._host.clock.wait(HURRIED)
        except AdminSilent:
            return True
        return False

    async def _live(self) -> None:
        for wait in backoff(0.5, 1, 5):
            try:
                await self._prepare()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._keep())
                    group.create_task(self._launch())
                    group.create_task(self._watch())
                    if self._workload_api:
                        group.create_task(self._workload_api.run(self._host.renewals))
            except Exception as error:
                log.exception("proxy-failed", pod=self.pod.key, error=repr(error))
            await self._host.clock.wait(wait)

    async def _keep(self) -> None:
        host = self._host
        await self._keeper.run(host.clock, host.signer.trust, host.renewals)

    def _api(self) -> WorkloadApi:
        host, pod = self._host, self.pod
        owner = KeyOwner(pod.key, pod.spiffe, self.folder / APPLICATION)
        roots = partial(host.relay.roots, pod.key)
        sources = IdentitySources(self._sign, host.signer.trust, roots)
        return WorkloadApi(owner, socket_folder(self.folder), sources, host.clock)

    async def _prepare(self) -> None:
        private_folder(self.folder)
        await self._host.relay.add(self.pod, self.folder)
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        plan = bootstrap_plan(self.pod, str(self.folder), self._host.resolver, files)
        write_private(self.folder / "bootstrap.json", bootstrap(plan))

    async def _launch(self) -> None:
        """Have Envoy run; one that runs already, from before this agent's start, is kept."""
        plan = ProcessPlan(
            self._host.envoy, self.folder / "bootstrap.json", log_level=self.pod.log_level
        )
        launch = Launch(
            name=self.pod.process,
            argv=tuple(argv(plan)),
            env=ENVIRONMENT,
            pod=self.pod.key,
            log=str(self.folder / ACCESS_LOG),
        )
        for wait in backoff(0.1, 0.2, 0.5, 1, 2, 5):
            try:
                self.pid = await self._host.launcher.spawn(launch)
                log.info("envoy-runs", pod=self.pod.key, pid=self.pid)
                return
            except NotLaunched as error:
                log.warning("not-launched", pod=self.pod.key, reason=str(error))
            await self._host.clock.wait(wait)

    async def _watch(self) -> None:
        while True:
            before = self.ready
            await self._look()
            if self.ready:
                await asyncio.to_thread(bound_log, self.folder / ACCESS_LOG, LARGEST_LOG)
            if self.ready != before:
                log.info("readiness", pod=self.pod.key, ready=self.ready, envoy=self.envoy)
            await self._host.clock.wait(CALM if self.ready else HURRIED)

    async def _look(self) -> None:
        try:
            self.envoy = await self.admin.state()
            if self.envoy == "LIVE":
                self._open = frozenset(await self.admin.listeners())
        except AdminSilent:
            self.envoy, self._open = "", frozenset()

    async def _sign(self, csr: str) -> str:
        return await self._host.signer.sign(self.pod.key, csr)

    async def _connections(self) -> int:
        held = await self.admin.stats(r"^listener\..*downstream_cx_active$")
        return sum(count for name, count in held.items() if _carries_traffic(name))


def bound_log(path: Path, largest: int) -> None:
    """Move a log that grew too large aside and empty it in place; its writer only appends.

    The lines of the moment between copy and emptying are lost.
    """
    try:
        if path.stat().st_size > largest:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("log-not-bounded", file=str(path), reason=str(error))


def _carries_traffic(stat: str) -> bool:
    """Whether a listener's counter counts anybody's requests, and only once."""
    return not any(part in stat for part in ("listener.admin", "_15021.", ".worker_"))
