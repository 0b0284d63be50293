"""One run: a lab, load, the faults of a schedule, healing, a verdict."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from random import Random

from tests.e2e.failures import Load, ask, envoys, processes, under_load, whole
from tests.e2e.lab_under_test import Lab, Never, forget, new_home, until
from tests.e2e.small_mesh import CLIENT, WEB, service, workload
from tests.faults.edits import Edits
from tests.faults.schedule import Fault, Kind, schedule
from tests.faults.verdict import Outcome

URL = "http://web/status/200"
MESH = CLIENT + WEB + workload("bystander") + service("bystander")
HEALING_S = 60.0
MOVED = ".cut"
EVIDENCE_LINES = 12

Say = Callable[[str], None]


def run(seed: int, seconds: float, rate: float, say: Say) -> Outcome:
    """The whole run of a seed, on a lab of its own."""
    faults = schedule(seed, seconds)
    for fault in faults:
        say(str(fault))
    with _lab(seed) as lab:
        edits = Edits(lab, Random(seed))
        callers = _envoy_of(lab, "client")
        with under_load(lab, "deploy/client", URL, rate=rate, connections=8) as load:
            until(lambda: whole(lab))
            _play(lab, faults, edits, say)
            unhealed = _healed(lab)
            _load_goes_on(load)
            report = load.end()
        replaced = () if _envoy_of(lab, "client") == callers else ("client",)
        missing = () if unhealed else edits.missing()
        return Outcome(
            report,
            rate,
            len(faults),
            edits.acknowledged,
            edits.refused,
            missing,
            replaced,
            unhealed,
            _not_answered(lab),
        )


@contextmanager
def _lab(seed: int) -> Iterator[Lab]:
    home = new_home()
    lab = Lab(f"faults-{seed}"[:20], home)
    try:
        lab.up_text(MESH)
        yield lab
    finally:
        lab.down()
        forget(home)


def _play(lab: Lab, faults: tuple[Fault, ...], edits: Edits, say: Say) -> None:
    """Do each fault at its time; undo those that last at theirs, whatever comes meanwhile."""
    began, pause = time.monotonic(), threading.Event()
    due: list[tuple[float, Fault | Callable[[], None]]] = [(f.at_s, f) for f in faults]
    while due:
        due.sort(key=lambda pair: pair[0])
        at, what = due.pop(0)
        pause.wait(max(0.0, began + at - time.monotonic()))
        if not isinstance(what, Fault):
            what()
            continue
        came, undo = _do(lab, what, edits)
        say(f"{time.monotonic() - began:6.1f} s  {what.kind} {what.target}: {came}")
        if undo:
            due.append((at + what.lasts_s, undo))


def _do(lab: Lab, fault: Fault, edits: Edits) -> tuple[str, Callable[[], None] | None]:
    """What came of a fault, and what ends it."""
    if fault.kind is Kind.EDIT:
        return edits.make(fault.target), None
    if fault.kind is Kind.CUT:
        return _cut(lab, fault.target)
    pid = _pid(lab, fault.target)
    if pid is None:
        return "skipped: it does not run", None
    if fault.kind is Kind.KILL:
        os.kill(pid, signal.SIGKILL)
        return f"pid {pid}", None
    os.kill(pid, signal.SIGSTOP)
    return f"pid {pid}", lambda: _thaw(pid)


def _thaw(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _pid(lab: Lab, target: str) -> int | None:
    """The pid of a program of the lab; `bystander` is the Envoy of the pod that nobody calls."""
    running = processes(lab)
    if target == "bystander":
        names = [name for name in running if name.startswith("envoy/default/bystander-")]
        target = names[0] if names else target
    found = running.get(target)
    return int(found["pid"]) if found and found["state"] == "running" else None


def _cut(lab: Lab, target: str) -> tuple[str, Callable[[], None]]:
    """Take sockets away from whoever would connect anew."""
    folder = lab.folder / "agent" if target == "ads.sock" else lab.folder
    found = [path for path in folder.rglob(target) if path.is_socket()]
    for path in found:
        with suppress(FileNotFoundError):
            path.rename(path.with_name(path.name + MOVED))
    return f"{len(found)} sockets", lambda: _mend(found)


def _mend(sockets: list[Path]) -> None:
    """Put them back, unless their owner has made a new one meanwhile."""
    for path in sockets:
        moved = path.with_name(path.name + MOVED)
        with suppress(FileNotFoundError):
            if path.exists():
                moved.unlink()
            else:
                moved.rename(path)


def _envoy_of(lab: Lab, workload_: str) -> list[int]:
    return [pid for name, pid in envoys(lab).items() if f"/{workload_}-" in name]


def _healed(lab: Lab) -> str:
    """Empty once everything is there and of one mind, without anybody's help; else why not."""
    try:
        until(lambda: whole(lab) and ask(lab, "holder", {"op": "pods"})["ready"], HEALING_S)
    except Never as never:
        pods = ask(lab, "holder", {"op": "pods"})["pods"]
        unready = {pod["name"]: pod["reason"] for pod in pods if not pod["ready"]}
        return f"{never}; pods {unready}"
    return ""


def _not_answered(lab: Lab) -> tuple[str, ...]:
    """The first lines of the caller's access log that tell of anything but a 200."""
    log = lab.run("logs", "deploy/client", "--proxy", "--name", lab.name).stdout.splitlines()
    calls = (line for line in log if '"GET /status/200 ' in line)
    return tuple(islice((line for line in calls if '" 200 ' not in line), EVIDENCE_LINES))


def _load_goes_on(load: Load) -> None:
    """The load must still run, or the last faults proved nothing."""
    assert load.process.poll() is None, "the load ended by itself"
