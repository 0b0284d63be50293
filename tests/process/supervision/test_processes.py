"""The supervisor: real processes, and a clock that moves when told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gossamer.lab.world.dying import dying
from gossamer.process.supervision.ledger import Ledger
from gossamer.process.supervision.logfile import LARGEST_BYTES
from gossamer.process.supervision.processes import (
    Process,
    Processes,
    ProcessRefused,
    Restart,
    RestartState,
)


class ToldClock:
    """Time stands still; who sleeps is noted, and wakes when the test lets them."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.asked: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    async def wait(self, seconds: float) -> None:
        over = asyncio.Event()
        self.asked.put_nowait((seconds, over))
        await over.wait()

    async def pass_next(self) -> float:
        """Let the next sleeper wake, as if its time had passed; how long it asked for."""
        seconds, over = await asyncio.wait_for(self.asked.get(), 20)
        self.time += seconds
        over.set()
        return seconds


class Exits:
    """Hears of ends, and lets a test wait for them."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    def __call__(self, name: str, status: int) -> None:
        self.heard.put_nowait((name, status))

    async def next(self) -> tuple[str, int]:
        return await asyncio.wait_for(self.heard.get(), 20)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def exits() -> Exits:
    return Exits()


@pytest.fixture
async def processes(clock: ToldClock, exits: Exits, tmp_path: Path) -> AsyncIterator[Processes]:
    kept = Processes(
        launched_as=dying, ledger=Ledger(tmp_path / "ledger"), on_exit=exits, clock=clock
    )
    yield kept
    for standing in kept.list():
        await kept.stop(standing.name, signal.SIGKILL)


def shell(folder: Path, script: str, restart: Restart = Restart.NEVER) -> Process:
    env = {"PATH": os.environ["PATH"]}
    return Process("it", ("sh", "-c", script), env, folder / "logs" / "it.log", restart)


def fifo(folder: Path) -> Path:
    """A pipe by name: who reads it waits for the process to say something."""
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


async def said(pipe: Path) -> str:
    return await asyncio.wait_for(asyncio.to_thread(pipe.read_text), 20)


def standing(processes: Processes) -> tuple[RestartState, int]:
    (one,) = processes.list()
    return one.state, one.restarts


async def test_spawning_the_same_twice_is_one_process(processes: Processes, tmp_path: Path) -> None:
    """Whoever asks again gets the pid that runs; another command under its name is refused."""
    pid = await processes.spawn(shell(tmp_path, "exec sleep 600"))
    assert await processes.spawn(shell(tmp_path, "exec sleep 600")) == pid
    with pytest.raises(ProcessRefused, match="it is running with another command"):
        await processes.spawn(shell(tmp_path, "exec sleep 601"))


async def test_output_is_appended_to_the_log(
    processes: Processes, exits: Exits, tmp_path: Path
) -> None:
    """Both outputs, of every run."""
    for _ in range(2):
        await processes.spawn(shell(tmp_path, "echo out; echo err >&2"))
        assert await exits.next() == ("it", 0)
    assert (tmp_path / "logs" / "it.log").read_text() == "out\nerr\n" * 2


async def test_a_large_log_is_set_aside_at_the_next_start(
    processes: Processes, exits: Exits, tmp_path: Path
) -> None:
    """Ten megabytes become PATH.1."""
    log = tmp_path / "logs" / "it.log"
    log.parent.mkdir()
    with log.open("wb") as file:
        file.truncate(LARGEST_BYTES)
    await processes.spawn(shell(tmp_path, "echo fresh"))
    await exits.next()
    assert log.read_text() == "fresh\n"
    assert log.with_name("it.log.1").stat().st_size == LARGEST_BYTES


async def test_it_is_restarted_ever_later_and_called_a_crash_loop(
    processes: Processes, clock: ToldClock, exits: Exits, tmp_path: Path
) -> None:
    """Delays double to ten seconds; then its state is a crash loop, and it still is restarted."""
    await processes.spawn(shell(tmp_path, "exit 3", Restart.ON_FAILURE))
    delays = []
    for run in range(8):
        assert await exits.next() == ("it", 3)
        seconds, over = await asyncio.wait_for(clock.asked.get(), 20)
        delays.append(round(seconds, 1))
        loops = RestartState.CRASH_LOOP if run == 7 else RestartState.WAITING
        assert standing(processes) == (loops, run)
        over.set()
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10]


async def test_a_long_run_resets_the_delay(
    processes: Processes, clock: ToldClock, exits: Exits, tmp_path: Path
) -> None:
    """After thirty seconds of running the next restart is quick again."""
    pipe = fifo(tmp_path)
    await processes.spawn(shell(tmp_path, f"cat {pipe} && exit 1", Restart.ALWAYS))
    for time_run, delay in ((0, 0.1), (0, 0.2), (31, 0.1)):
        with await asyncio.wait_for(asyncio.to_thread(pipe.open, "w"), 20):
            clock.time += time_run
        assert await exits.next() == ("it", 1)
        assert await clock.pass_next() == pytest.approx(delay)


async def test_success_is_not_restarted_on_failure(processes: Processes, tmp_path: Path) -> None:
    """A job that succeeded has ended for good."""
    await processes.spawn(shell(tmp_path, "exit 0", Restart.ON_FAILURE))
    assert await asyncio.wait_for(processes.ended("it"), 20) == 0
    assert standing(processes) == (RestartState.ENDED, 0)


async def test_stop_asks_first(processes: Processes, tmp_path: Path) -> None:
    """TERM lets a process end in its own way, and it is not restarted."""
    pipe = fifo(tmp_path)
    script = f"trap 'exit 5' TERM; echo up > {pipe}; while :; do sleep 600 & wait; done"
    await processes.spawn(shell(tmp_path, script, Restart.ALWAYS))
    assert await said(pipe) == "up\n"
    await asyncio.wait_for(processes.stop("it"), 20)
    assert await processes.ended("it") == 5
    assert standing(processes) == (RestartState.ENDED, 0)


async def test_stop_kills_what_does_not_listen(
    processes: Processes, clock: ToldClock, tmp_path: Path
) -> None:
    """After the grace the whole session is killed."""
    pipe = fifo(tmp_path)
    script = f"trap '' TERM; echo up > {pipe}; while :; do sleep 600; done"
    await processes.spawn(shell(tmp_path, script))
    assert await said(pipe) == "up\n"
    stopping = asyncio.create_task(processes.stop("it", grace=7))
    assert await clock.pass_next() == 7
    await asyncio.wait_for(stopping, 20)
    assert await processes.ended("it") == -signal.SIGKILL


async def test_stop_while_waiting_for_a_restart(
    processes: Processes, clock: ToldClock, exits: Exits, tmp_path: Path
) -> None:
    """What waits is not started any more."""
    await processes.spawn(shell(tmp_path, "exit 3", Restart.ALWAYS))
    await exits.next()
    await asyncio.wait_for(clock.asked.get(), 20)
    await asyncio.wait_for(processes.stop("it"), 20)
    assert standing(processes) == (RestartState.ENDED, 0)


async def test_close_ends_the_last_started_first(
    processes: Processes, exits: Exits, tmp_path: Path
) -> None:
    """What depends on an earlier process goes before it."""
    for name in ("plane", "agent", "app"):
        argv = ("sleep", "600")
        await processes.spawn(Process(name, argv, {"PATH": os.environ["PATH"]}, tmp_path / name))
    await processes.close()
    assert [(await exits.next())[0] for _ in range(3)] == ["app", "agent", "plane"]


async def test_what_a_process_left_behind_goes_with_it(
    processes: Processes, exits: Exits, tmp_path: Path
) -> None:
    """A child in the background does not outlive its session's leader."""
    pipe = fifo(tmp_path)
    await processes.spawn(shell(tmp_path, f"exec 3> {pipe}; echo up >&3; sleep 600 & exit 0"))
    assert await said(pipe) == "up\n"
    assert await exits.next() == ("it", 0)


async def test_a_killed_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    """Its children die with it, however they were started."""
    pipe = fifo(tmp_path)
    code = f"""
import asyncio, os
from datetime import UTC, datetime
from pathlib import Path
from gossamer.lab.world.dying import dying
from gossamer.process.supervision.processes import Process, Processes
async def main():
    argv = ("sh", "-c", "echo up; exec sleep 600")
    it = Process("it", argv, dict(os.environ), Path({str(pipe)!r}))
    await Processes(launched_as=dying).spawn(it)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    with await asyncio.to_thread(pipe.open, "rb", 0) as heard:
        assert await asyncio.to_thread(heard.read, 3) == b"up\n"
        supervisor.kill()
        await supervisor.wait()
        assert await asyncio.wait_for(asyncio.to_thread(heard.read, 1), 20) == b""


async def test_the_ledger_names_who_runs(processes: Processes, tmp_path: Path) -> None:
    """A start is written before anyone hears of it, an end too."""
    pid = await processes.spawn(shell(tmp_path, "exec sleep 600"))
    ledger = Ledger(tmp_path / "ledger")
    (entry,) = ledger.entries()
    assert (entry.pid, entry.name, entry.runs) == (pid, "it", True)
    await processes.stop("it", signal.SIGKILL)
    assert ledger.entries() == ()
    assert not entry.runs
