"""Processes: started, restarted with back-off, stopped, and ended together.

Every child leads a session of its own, so a signal for it reaches what it started too, and a
terminal's Ctrl-C does not. How a command line is begun is the supervisor's choice: a lab makes
its children die with it, even if it is killed. The ledger on disk says who runs, for whoever must
clean up after a supervisor that was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gossamer.process.clock import Clock, WallClock
from gossamer.process.supervision.ledger import Ledger
from gossamer.process.supervision.logfile import open_log
from gossamer.process.supervision.restart import (
    TRANSITIONS,
    Backoff,
    ProcessEvent,
    Restart,
    RestartState,
    wants_restart,
)

__all__ = ["Process", "ProcessRefused", "ProcessState", "Processes", "Restart", "RestartState"]

CLOSE_GRACE_S = 5.0


class ProcessRefused(RuntimeError):
    """A process that cannot be had: the text says which, why, and what helps."""


@dataclass(frozen=True, slots=True)
class Process:
    """What to run. Equal specifications are the same process; `log` gets both its outputs."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    restart: Restart = Restart.NEVER


@dataclass(frozen=True, slots=True)
class ProcessState:
    """How one process stands; `since` is the clock's time of its last change of state."""

    name: str
    pid: int | None
    restarts: int
    state: RestartState
    since: float
    status: int | None


@dataclass(slots=True)
class _Kept:
    """One supervised process and its task."""

    process: Process
    ended: asyncio.Future[int]
    state: RestartState = RestartState.ENDED
    child: asyncio.subprocess.Process | None = None
    backoff: Backoff = field(default_factory=Backoff)
    restarts: int = 0
    since: float = 0.0
    began: float = 0.0
    status: int | None = None
    task: asyncio.Task[None] | None = None
    stop_asked: asyncio.Event = field(default_factory=asyncio.Event)


class Processes:
    """Supervises; `on_exit(name, status)` is called at each exit, restarted or not."""

    def __init__(
        self,
        *,
        launched_as: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda argv: argv,
        ledger: Ledger | None = None,
        on_exit: Callable[[str, int], None] = lambda name, status: None,
        clock: Clock | None = None,
    ) -> None:
        self._kept: dict[str, _Kept] = {}
        self._launched_as = launched_as
        self._ledger = ledger
        self._on_exit = on_exit
        self._clock = clock or WallClock()

    async def spawn(self, process: Process) -> int:
        """Start it and return its pid; if the same one runs already, that one's pid.

        Another process under the same name is refused: stop it first. A name that has ended,
        or waits for its restart, starts at once. OSError when the command cannot be started.
        """
        kept = self._kept.get(process.name)
        if kept is not None and kept.state in (RestartState.RUNNING, RestartState.STOPPING):
            if kept.process == process and kept.state is RestartState.RUNNING and kept.child:
                return kept.child.pid
            raise ProcessRefused(
                f"{process.name} is {kept.state} with another command or on its way out; "
                f"the new one was not started. Stop it first."
            )
        if kept is not None:
            await self.stop(process.name)
        return await self._begin(process)

    async def _begin(self, process: Process) -> int:
        kept = _Kept(process, asyncio.get_running_loop().create_future())
        self._kept.pop(process.name, None)
        self._kept[process.name] = kept
        try:
            pid = await self._start(kept)
        except OSError:
            del self._kept[process.name]
            raise
        kept.task = asyncio.create_task(self._supervise(kept), name=f"process {process.name}")
        return pid

    def ended(self, name: str) -> asyncio.Future[int]:
        """Done when the process has ended for good, with its status (−N: by signal N)."""
        return asyncio.shield(self._kept[name].ended)

    def list(self) -> tuple[ProcessState, ...]:
        """How every process stands, in the order they were started."""
        return tuple(_standing(kept) for kept in self._kept.values())

    async def stop(
        self, name: str, signal: int = signal.SIGTERM, grace: float = CLOSE_GRACE_S
    ) -> None:
        """End it for good: `signal`, and SIGKILL after the grace. Unknown names pass."""
        kept = self._kept.get(name)
        if kept is None or kept.task is None:
            return
        if kept.state is not RestartState.ENDED:
            self._move(kept, ProcessEvent.ASKED_TO_STOP)
        kept.stop_asked.set()
        if kept.state is RestartState.STOPPING and kept.child is not None:
            _signal(kept.child, signal)
            late = asyncio.create_task(self._clock.wait(grace))
            await asyncio.wait((kept.task, late), return_when=asyncio.FIRST_COMPLETED)
            late.cancel()
            if not kept.task.done():
                _kill_session(kept.child)
        await asyncio.wait((kept.task,))

    async def send(self, name: str, signal: int) -> None:
        """Send a signal to the process alone, without stopping its supervision."""
        kept = self._kept.get(name)
        if kept is not None and kept.child is not None and kept.state is RestartState.RUNNING:
            _signal(kept.child, signal)

    def forget(self, name: str) -> None:
        """Drop an ended process from the list."""
        kept = self._kept.get(name)
        if kept is not None and kept.state is RestartState.ENDED:
            del self._kept[name]

    async def close(self, grace: float = CLOSE_GRACE_S) -> None:
        """End all, the last started first."""
        for name in reversed(list(self._kept)):
            await self.stop(name, grace=grace)

    async def _supervise(self, kept: _Kept) -> None:
        while True:
            await self._run_out(kept)
            assert kept.status is not None
            again = wants_restart(kept.process.restart, kept.status)
            if kept.state is RestartState.STOPPING or not again:
                self._move(kept, ProcessEvent.FINISHED)
            elif await self._start_again(kept):
                continue
            kept.ended.set_result(kept.status)
            return

    async def _run_out(self, kept: _Kept) -> None:
        """Wait for the end of the run in hand and of everything in its session."""
        assert kept.child is not None
        kept.status = await kept.child.wait()
        _kill_session(kept.child)
        kept.backoff = kept.backoff.after_run(self._clock.now().timestamp() - kept.began)
        if self._ledger is not None:
            self._ledger.remove(kept.child.pid)
        self._on_exit(kept.process.name, kept.status)

    async def _start_again(self, kept: _Kept) -> bool:
        """Wait and start, until a start succeeds (True) or a stop is asked for (False)."""
        while True:
            self._move(kept, ProcessEvent.FELL_AGAIN if kept.backoff.longest else ProcessEvent.FELL)
            delay, kept.backoff = kept.backoff.delay_s, kept.backoff.doubled()
            if await self._stop_asked_within(kept, delay):
                return False
            try:
                kept.restarts += 1
                await self._start(kept)
                return True
            except OSError as refused:
                kept.status = 127
                _say(kept.process, f"could not be started again: {refused}")

    async def _stop_asked_within(self, kept: _Kept, seconds: float) -> bool:
        asked = asyncio.create_task(kept.stop_asked.wait())
        due = asyncio.create_task(self._clock.wait(seconds))
        await asyncio.wait((asked, due), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        due.cancel()
        return kept.stop_asked.is_set()

    async def _start(self, kept: _Kept) -> int:
        process = kept.process
        kept.began = self._clock.now().timestamp()
        with open_log(process.log) as log:
            kept.child = await asyncio.create_subprocess_exec(
                *self._launched_as(process.argv),
                env=dict(process.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self._ledger is not None:
            self._ledger.add(kept.child.pid, process.name)
        self._move(kept, ProcessEvent.STARTED)
        if kept.stop_asked.is_set():
            self._move(kept, ProcessEvent.ASKED_TO_STOP)
            _kill_session(kept.child)
        return kept.child.pid

    def _move(self, kept: _Kept, event: ProcessEvent) -> None:
        kept.state = TRANSITIONS[kept.state, event]
        kept.since = self._clock.now().timestamp()


def _signal(child: asyncio.subprocess.Process, number: int) -> None:
    """To the process alone: what it started is its own to end, while it can."""
    if child.returncode is None:
        child.send_signal(number)


def _kill_session(child: asyncio.subprocess.Process) -> None:
    """End whatever is left in the group that the child led."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _say(process: Process, words: str) -> None:
    with open_log(process.log) as log:
        log.write(f"gossamer: {process.name} {words}\n".encode())


def _standing(kept: _Kept) -> ProcessState:
    pid = (
        kept.child.pid
        if kept.child and kept.state in (RestartState.RUNNING, RestartState.STOPPING)
        else None
    )
    return ProcessState(kept.process.name, pid, kept.restarts, kept.state, kept.since, kept.status)
