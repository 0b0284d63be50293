"""Who runs Envoy. In a lab that is the holder, so that Envoys outlive their agent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from msgspec import Meta, Struct

from gossamer.process.json_lines.call import CallRefused, call, operation_of
from gossamer.process.shape import Nothing

Answer = TypeVar("Answer")

ANSWER_SECONDS = 10.0


class NotLaunched(Exception):
    """A process was not started or ended; the text says why."""


class Launch(Struct, frozen=True, tag_field="op", tag="spawn"):
    """One process to run: equal ones are the same process, and it is started once.

    `pod` (`NS/POD`) says in whose network it runs; `log` where its output goes; `restart` that it
    is started again when it ends.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: str
    pod: str = ""
    restart: bool = True


class Launched(Struct, frozen=True):
    """The process that runs now."""

    pid: int


class EndRequest(Struct, frozen=True, tag_field="op", tag="kill"):
    """End a process: by a signal, and by SIGKILL after so many seconds."""

    name: str
    signal: Annotated[int, Meta(ge=1, le=64)] = 15
    grace: Annotated[float, Meta(ge=0)] = 5.0


class ListRequest(Struct, frozen=True, tag_field="op", tag="list"):
    """Every process that the holder has started."""


class ProcessShape(Struct, frozen=True):
    """How one of them stands; without a pid it does not run."""

    name: str
    pid: int | None
    restarts: int
    state: str
    since: float
    status: int | None


class ProcessesShape(Struct, frozen=True):
    """All of them, in the order they were started."""

    processes: list[ProcessShape]


class Launcher(Protocol):
    """Starts and ends processes; every method raises NotLaunched if it cannot."""

    async def spawn(self, launch: Launch) -> int:
        """The pid, of the new process or of the one that runs already."""

    async def kill(self, name: str, grace: float) -> None:
        """Ask it to end, make it end after `grace` seconds; a stranger's name is no error."""

    async def pids(self) -> Mapping[str, int]:
        """Pids of what runs, by name: a restarted process has a new one."""


class HolderLauncher:
    """Asks the lab's holder, by JSON lines on its socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def spawn(self, launch: Launch) -> int:
        """The holder starts it in the pod's network and restarts it when it dies."""
        return (await self._ask(launch, Launched)).pid

    async def kill(self, name: str, grace: float) -> None:
        """SIGTERM, then after `grace` seconds SIGKILL."""
        await self._ask(EndRequest(name, grace=grace), Nothing, grace)

    async def pids(self) -> Mapping[str, int]:
        """What the holder runs."""
        listing = await self._ask(ListRequest(), ProcessesShape)
        return {each.name: each.pid for each in listing.processes if each.pid}

    async def _ask(self, request: Struct, gives: type[Answer], more: float = 0.0) -> Answer:
        op = operation_of(type(request))
        try:
            async with asyncio.timeout(ANSWER_SECONDS + more):
                return await call(self._path, request, gives)
        except (OSError, TimeoutError) as error:
            raise NotLaunched(
                f"The holder at {self._path} did not answer {op!r}: {error!r}"
            ) from error
        except CallRefused as refused:
            raise NotLaunched(f"The holder refused {op!r}: {refused}") from refused
