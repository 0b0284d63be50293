"""What is left of a lab that was killed, and that a sweep takes exactly that."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.lab.cleanup import CleanedUp, clean_up, ledger_of
from gossamer.process.supervision.ledger import Ledger, LedgerEntry, started_at
from tests.waiting import until

HOLDER = """
import asyncio, os, sys
from pathlib import Path
from gossamer.lab.world.dying import dying
from gossamer.lab.world.world import MountPlan, World
from gossamer.process.supervision.processes import Process, Processes
from gossamer.lab.cleanup import ledger_of

async def main():
    folder = Path(sys.argv[1])
    world = await World.start(folder)
    processes = Processes(launched_as=dying, ledger=ledger_of(folder))
    await world.add_pod("default/a", ("10.244.1.1",))
    mnt = await world.make_mounts("default/a", MountPlan("h", "r"))
    script = f"setsid sh -c 'echo up; exec sleep {sys.argv[2]}' & exec sleep 600"
    argv = tuple(world.enter("default/a", ["sh", "-c", script], mnt=mnt, drop=True, cwd="/"))
    log = folder / "log"
    await processes.spawn(Process("app", argv, {"PATH": os.environ["PATH"]}, log))
    print(world.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def gone(pid: int, started: int | None) -> bool:
    """Wait for the end of one process, through a pidfd."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    if started_at(pid) != started:
        return True
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(held, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 20)
    finally:
        asyncio.get_running_loop().remove_reader(held)
        os.close(held)
    return True


@pytest.mark.usefixtures("needs_namespaces")
@pytest.mark.parametrize("also_the_anchor", [False, True], ids=["holder", "holder-and-anchor"])
async def test_a_killed_lab_leaves_nothing(tmp_path: Path, also_the_anchor: bool) -> None:
    """Holder killed, even its anchor killed: after the sweep nothing of the lab runs.

    The application's background child left its session; it ends with the pod's first process.
    """
    seconds = f"600.{os.getpid()}{int(also_the_anchor)}"
    (tmp_path / "plane.sock").touch()
    os.mkfifo(tmp_path / "log")
    argv = (sys.executable, "-c", HOLDER, str(tmp_path), seconds)
    holder = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert holder.stdout is not None
    log = asyncio.create_task(asyncio.to_thread(_first_line, tmp_path / "log"))
    anchor = int(await asyncio.wait_for(holder.stdout.readline(), 30))
    assert await asyncio.wait_for(log, 30) == b"up\n"
    command = b"sleep\0" + seconds.encode()
    await until(lambda: asyncio.to_thread(lambda: bool(_running(command))))
    (stray,) = _running(command)
    strays = {pid: started_at(pid) for pid in (anchor, stray)}
    if also_the_anchor:
        holder.send_signal(signal.SIGSTOP)
        os.kill(anchor, signal.SIGKILL)
    holder.kill()
    await holder.wait()
    clean_up(tmp_path)
    assert [await gone(pid, started) for pid, started in strays.items()] == [True, True]
    assert not (tmp_path / "pods" / "default.a" / "root").exists()
    assert clean_up(tmp_path) == CleanedUp((), 0, ())


def _running(command: bytes) -> list[int]:
    """The processes with this command line, as this machine numbers them: a pod has its own."""
    lines = Path("/proc").glob("[0-9]*/cmdline")
    return [int(line.parent.name) for line in lines if _starts(line, command)]


def _starts(line: Path, command: bytes) -> bool:
    try:
        return line.read_bytes().startswith(command)
    except OSError:
        return False


def _first_line(pipe: Path) -> bytes:
    with pipe.open("rb") as heard:
        return heard.readline()


def test_a_stranger_with_a_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    """The pid is the same, the start time is not: it is somebody else's."""
    with subprocess.Popen(["sleep", "600"]) as stranger:
        line = {"pid": stranger.pid, "started": 1, "name": "app"}
        (tmp_path / "processes.jsonl").write_text(json.dumps(line) + "\n")
        assert clean_up(tmp_path) == CleanedUp((), 0, ())
        assert stranger.poll() is None
        stranger.kill()


def test_a_recorded_process_is_ended(tmp_path: Path) -> None:
    """And named in the outcome."""
    with subprocess.Popen(["sleep", "600"]) as left:
        ledger_of(tmp_path).add(left.pid, "plane")
        assert clean_up(tmp_path).processes == ("plane",)
        assert left.wait() == -signal.SIGKILL


def test_sockets_go_and_the_store_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a dead process cannot use any more is removed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plane").mkdir()
    (tmp_path / "plane" / "store.db").write_text("documents")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("plane/plane.sock")
    assert clean_up(tmp_path).sockets == (tmp_path / "plane" / "plane.sock",)
    assert sorted(os.listdir(tmp_path / "plane")) == ["store.db"]


def test_a_torn_ledger_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """A kill in the middle of a write loses that line alone."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.add(os.getpid(), "first")
    with (tmp_path / "ledger").open("ab") as file:
        file.write(b'{"pid": 17, "star')
    started = started_at(os.getpid())
    assert started is not None
    assert ledger.entries() == (LedgerEntry(os.getpid(), started, "first"),)
