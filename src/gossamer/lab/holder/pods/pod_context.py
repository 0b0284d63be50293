"""What a pod's life needs from outside, as protocols, so that tests can stand in for it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gossamer.capture.plan import CapturePlan
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.model.origin import ObjectRef
from gossamer.process.supervision.processes import Process


@dataclass(frozen=True, slots=True)
class BoundFolder:
    """A folder or file of the host that a pod sees at `path`."""

    path: str
    source: Path
    read_only: bool


class Network(Protocol):
    """The lab's world as the holder uses it: keys are `NAMESPACE/POD`."""

    async def add_pod(self, key: str, addresses: Sequence[str]) -> None: ...

    async def set_capture(self, key: str, plan: CapturePlan | None) -> None: ...

    async def remove_pod(self, key: str) -> None: ...

    async def open_socket(self, key: str, address: str, port: int) -> socket.socket: ...

    async def prepare(
        self, key: str, hosts: str, resolv: str, hostname: str, folders: Sequence[BoundFolder]
    ) -> Path:
        """Make the pod's mount namespace; the path is what `enter` takes as `mnt`."""
        ...

    def enter(
        self,
        key: str,
        argv: Sequence[str],
        *,
        mnt: Path | None = None,
        drop: bool = False,
        cwd: str | None = None,
    ) -> list[str]: ...


class Runner(Protocol):
    """Starts processes and ends them."""

    async def start(self, process: Process) -> asyncio.Future[int]:
        """Start it; the future is its exit status (negative: the signal that ended it)."""
        ...

    async def stop(self, name: str, signal: int, grace_s: float) -> None:
        """Send `signal`, and SIGKILL after the grace; returns when the process is gone."""
        ...

    def pid(self, name: str) -> int | None:
        """The pid of a running process."""
        ...


class ProxyKeeper(Protocol):
    """The agent, as the keeper of proxies."""

    def want(self, plan: PodPlan, addresses: Sequence[str]) -> None: ...

    async def unwant(self, key: str) -> None:
        """Give the proxy up; returns when the agent knows, or does not answer."""
        ...

    async def until_ready(self, key: str) -> None: ...

    async def drain(self, key: str, seconds: float) -> None: ...

    def what_is_missing(self, key: str) -> str:
        """Why the proxy is not ready, for people."""
        ...


Note = Callable[[ObjectRef, str, str], None]
"""Takes what an event is about, its reason (`BackOff`) and its message."""


def unheard(about: ObjectRef, reason: str, message: str) -> None:
    """Nobody keeps events."""


@dataclass(frozen=True, slots=True)
class PodContext:
    """Everything around one pod. `on_change` returns once everyone knows that a pod is not ready;
    `addresses` gives the services' cluster IPs by host, those that are named among them."""

    ground: Network
    runner: Runner
    proxies: ProxyKeeper
    documents: Callable[[], LabDocuments]
    documents_changed: Callable[[], Awaitable[None]]
    on_change: Callable[[], Awaitable[None]]
    addresses: Callable[[Iterable[str]], Awaitable[Mapping[str, str]]]
    folder: Callable[[str], Path]
    proxy_folder: Callable[[str], Path]
    base_env: Mapping[str, str]
    note: Note = unheard
