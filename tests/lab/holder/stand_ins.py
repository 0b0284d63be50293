"""A world, processes and an agent that only remember what was asked of them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gossamer.capture.plan import CapturePlan
from gossamer.lab.holder.pods.pod_context import BoundFolder, PodContext
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.model.origin import ObjectRef
from gossamer.process.supervision.processes import Process


class FakeGround:
    """Every call in order, and mount namespaces that are only names."""

    def __init__(self, history: list[str]) -> None:
        self.history = history
        self.bound: tuple[BoundFolder, ...] = ()

    async def add_pod(self, key: str, addresses: Sequence[str]) -> None:
        self.history.append(f"add {key}")

    async def set_capture(self, key: str, plan: CapturePlan | None) -> None:
        self.history.append(f"capture {key}")

    async def remove_pod(self, key: str) -> None:
        self.history.append(f"remove {key}")

    async def open_socket(self, key: str, address: str, port: int) -> socket.socket:
        raise OSError("nothing listens in a fake world")

    async def prepare(
        self, key: str, hosts: str, resolv: str, hostname: str, folders: Sequence[BoundFolder]
    ) -> Path:
        self.history.append(f"furnish {key}")
        self.bound = tuple(folders)
        return Path("/mnt") / key

    def enter(
        self,
        key: str,
        argv: Sequence[str],
        *,
        mnt: Path | None = None,
        drop: bool = False,
        cwd: str | None = None,
    ) -> list[str]:
        return [f"in:{key}", *argv]


class FakeRunner:
    """Processes that run until a test ends them or somebody stops them."""

    def __init__(self, history: list[str]) -> None:
        self.history = history
        self.running: dict[str, asyncio.Future[int]] = {}
        self.processes: dict[str, Process] = {}
        self.started = asyncio.Condition()

    async def start(self, process: Process) -> asyncio.Future[int]:
        self.history.append(f"start {process.name}")
        self.processes[process.name] = process
        self.running[process.name] = asyncio.get_running_loop().create_future()
        async with self.started:
            self.started.notify_all()
        return self.running[process.name]

    async def stop(self, name: str, signal: int, grace_s: float) -> None:
        self.history.append(f"stop {name} by {int(signal)}")
        self.end(name, -int(signal))

    def pid(self, name: str) -> int | None:
        return os.getpid() if name in self.running else None

    def end(self, name: str, status: int) -> None:
        """The process ends by itself."""
        running = self.running.pop(name, None)
        if running and not running.done():
            running.set_result(status)

    async def until_runs(self, name: str) -> None:
        async with self.started:
            await self.started.wait_for(lambda: name in self.running)


class FakeProxies:
    """An agent whose proxies are ready when a test says so."""

    def __init__(self, history: list[str]) -> None:
        self.history = history
        self.ready = asyncio.Event()

    def want(self, plan: PodPlan, addresses: Sequence[str]) -> None:
        self.history.append(f"want {plan.key}")

    async def unwant(self, key: str) -> None:
        self.history.append(f"unwant {key}")

    async def until_ready(self, key: str) -> None:
        await self.ready.wait()

    async def drain(self, key: str, seconds: float) -> None:
        self.history.append(f"drain {key}")

    def what_is_missing(self, key: str) -> str:
        return "it is a fake"


class FakeSite:
    """A site around those three, with documents that a test can change."""

    def __init__(self, folder: Path, documents: LabDocuments | None = None) -> None:
        self.history: list[str] = []
        self.noted: list[tuple[ObjectRef, str, str]] = []
        self.documents = documents or LabDocuments(())
        self.ground = FakeGround(self.history)
        self.runner = FakeRunner(self.history)
        self.proxies = FakeProxies(self.history)
        self.news = asyncio.Condition()
        self._folder = folder

    async def change(self, documents: LabDocuments) -> None:
        self.documents = documents
        async with self.news:
            self.news.notify_all()

    async def _until_news(self) -> None:
        async with self.news:
            await self.news.wait()

    async def _told(self) -> None:
        self.history.append("told")

    async def _addresses(self, hosts: Iterable[str]) -> Mapping[str, str]:
        return {host: f"10.96.0.{number}" for number, host in enumerate(hosts, 1)}

    @property
    def context(self) -> PodContext:
        return PodContext(
            ground=self.ground,
            runner=self.runner,
            proxies=self.proxies,
            documents=lambda: self.documents,
            documents_changed=self._until_news,
            on_change=self._told,
            addresses=self._addresses,
            folder=lambda key: self._folder / key.replace("/", "."),
            proxy_folder=lambda key: self._folder / "agent" / key.replace("/", "."),
            base_env={"PATH": "/bin"},
            note=lambda *event: self.noted.append(event),
        )


class Changes:
    """Counts changes and lets a test wait for a condition that some change brings about."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> None:
        self._event.set()

    async def until(self, so: object) -> None:
        """Return when `so()` holds, asked after every change."""
        assert callable(so)
        async with asyncio.timeout(10):
            while not so():
                self._event.clear()
                await self._event.wait()
