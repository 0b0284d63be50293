"""Who runs Envoy. In a lab that is the holder, so that Envoys outlive their agent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from gossamer.process.json_lines.exchange import exchange

ANSWER_SECONDS = 10.0


class NotLaunched(Exception):
    """A process was not started or ended; the text says why."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One process to run: equal ones are the same process, and it is started once.

    `pod` (`NS/POD`) says in whose network it runs; `log` where its output goes.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    pod: str
    log: str


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
        answer = await self._ask({"op": "spawn", "restart": True, **asdict(launch)})
        return int(answer["pid"])

    async def kill(self, name: str, grace: float) -> None:
        """SIGTERM, then after `grace` seconds SIGKILL."""
        await self._ask({"op": "kill", "name": name, "signal": 15, "grace": grace}, grace)

    async def pids(self) -> Mapping[str, int]:
        """What the holder runs."""
        answer = await self._ask({"op": "list"})
        return {each["name"]: each["pid"] for each in answer["processes"] if each.get("pid")}

    async def _ask(self, words: Mapping[str, Any], more: float = 0.0) -> dict[str, Any]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS + more):
                answer = await exchange(self._path, words)
        except (OSError, TimeoutError) as error:
            raise NotLaunched(
                f"The holder at {self._path} did not answer {words['op']!r}: {error!r}"
            ) from error
        if "error" in answer:
            raise NotLaunched(f"The holder refused {words['op']!r}: {answer['error']}")
        return answer
