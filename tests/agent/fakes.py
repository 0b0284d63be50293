"""A host without a holder, a plane or time: what the agent's tests stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gossamer.agent.identity.keys import NotSigned
from gossamer.agent.identity.trust import Trust
from gossamer.agent.launcher import Launch, NotLaunched
from gossamer.agent.plan import DesiredPod
from gossamer.agent.shapes import StreamStatus
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.xds.stream.stream_stats import StreamStats
from tests.waiting import settle


class FakeClock:
    """Time that passes when the test says so; `waits` are those being waited now."""

    def __init__(self) -> None:
        self.date = datetime(2031, 1, 1, tzinfo=UTC)
        self._timers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.date

    async def wait(self, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        self._timers.append((self.date + timedelta(seconds=seconds), over))
        await over

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and everything that was due happen."""
        until = self.date + timedelta(seconds=seconds)
        await settle()
        while due := sorted((t for t in self._timers if t[0] <= until), key=lambda t: t[0]):
            at, over = due[0]
            self.date = max(self.date, at)
            self._timers.remove(due[0])
            if not over.done():
                over.set_result(None)
            await settle()
        self.date = until


class FakeSigner:
    """A plane that signs with a real authority, refuses, or is away."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self._folder = folder
        self._clock = clock
        self.authority = Authority.open(folder / "ca", now=clock.now)
        self.accounts: dict[str, str] = {}
        self.away = False
        self.believed: Trust | None = None
        self.requests: list[str] = []

    def trust(self) -> Trust:
        return self.believed or Trust(self.authority.roots_pem)

    async def sign(self, pod: str, csr: str) -> str:
        self.requests.append(csr)
        if self.away:
            raise NotSigned("UNAVAILABLE: the plane is away")
        namespace, name = pod.split("/")
        account = self.accounts.get(pod, "default")
        return self.authority.sign(csr, pod_template(AttestedPod(namespace, name, account, "lab")))

    def refound(self) -> None:
        """Another root, as after the plane's state was lost."""
        self.authority = Authority.open(self._folder / "ca2", now=self._clock.now)


class FakeLauncher:
    """Processes that are only names."""

    def __init__(self) -> None:
        self.running: dict[str, Launch] = {}
        self.spawned: list[str] = []
        self.killed: list[str] = []
        self.refuse = False

    async def spawn(self, launch: Launch) -> int:
        if self.refuse:
            raise NotLaunched("the pod has no network yet")
        if self.running.get(launch.name) != launch:
            self.spawned.append(launch.name)
        self.running[launch.name] = launch
        return 4711

    async def kill(self, name: str, grace: float) -> None:
        self.killed.append(name)
        self.running.pop(name, None)

    async def pids(self) -> Mapping[str, int]:
        return dict.fromkeys(self.running, 4712)


class FakeRelay:
    """A relay that remembers what it was told."""

    def __init__(self) -> None:
        self.served: dict[str, Path] = {}
        self.secrets: list[str] = []
        self.slow: set[str] = set()
        self.believed: dict[str, bytes] = {}

    async def add(self, pod: DesiredPod, folder: Path) -> None:
        self.served[pod.key] = folder

    async def remove(self, key: str) -> None:
        self.served.pop(key, None)

    def secret_changed(self, key: str) -> None:
        self.secrets.append(key)

    def runs_secrets(self, key: str) -> bool:
        return key not in self.slow

    def roots(self, key: str) -> bytes | None:
        return self.believed.get(key)

    def meters(self) -> Mapping[str, StreamStats]:
        return {}

    def status(self, key: str) -> StreamStatus:
        return StreamStatus(connected=True, synced=True)
