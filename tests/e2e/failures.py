"""Drills: load that runs while parts of a lab are killed, and what the parts counted meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gossamer.plane.client import PlaneClient, PlaneUnreachable
from gossamer.process.supervision.ledger import started_at
from gossamer.process.supervision.restart import SETTLED_S
from tests.e2e.lab_under_test import Lab, until

_ROW = re.compile(r'gossamer_(\w+?)_xds_(\w+)_total\{client="([^"]*)",type="(\w+)"\} (\d+)')


@dataclass
class Load:
    """Bounded load from a pod, in the background; `report` is there once it was ended."""

    process: subprocess.Popen[str]
    rate: float
    report: dict[str, Any] = field(default_factory=dict)

    def end(self) -> dict[str, Any]:
        """Ask it to end and read what came of it."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        assert out, f"the load gave no report: {err[-2000:]}"
        self.report = json.loads(out)
        return self.report

    def assert_whole(self, share: float = 0.5) -> None:
        """Every request was answered by 200 on the connection it was sent on, and there were
        enough of them: at least this share of what was asked for."""
        report = self.report
        assert report["errors"] == {}, report
        assert set(report["by_status"]) == {"200"}, report
        assert report["replaced_connections"] == 0, report
        self.assert_floor(share)

    def assert_floor(self, share: float = 0.5) -> None:
        """An idle run proves nothing."""
        report = self.report
        print(
            f"{report['requests']} requests in {report['seconds']} s, by status "
            f"{report['by_status']}, p99 {report['p99_ms']} ms"
        )
        assert report["requests"] >= share * self.rate * report["seconds"], report


@contextmanager
def under_load(
    lab: Lab, pod: str, url: str, *options: str, rate: float = 100, connections: int = 4
) -> Iterator[Load]:
    """Load on a URL from a pod while the block runs; it has begun to be answered by then."""
    head = ("exec", "--name", lab.name, "-n", "default", pod, "--")
    tool = (*lab.env_words(), lab.command()[0], "-m", "gossamer.apps", "load", "-o", "json")
    how = (f"--rate={rate:g}", "--for=3600s", f"--connections={connections}", *options, url)
    until(lambda: lab.status_of(pod, url) == 200)
    with lab.start(*head, *tool, *how) as process:
        load = Load(process, rate)
        assert process.stderr
        assert "so far" in process.stderr.readline()
        try:
            yield load
        finally:
            if not load.report and process.poll() is None:
                load.end()


def processes(lab: Lab) -> dict[str, dict[str, Any]]:
    """The lab's own programs, as its holder knows them, by name."""
    answer = ask(lab, "holder", {"op": "list"})
    return {each["name"]: each for each in answer["processes"]}


def pid_of(lab: Lab, name: str) -> int:
    """The pid of a program that runs now."""
    found = processes(lab)[name]
    assert found["state"] == "running", found
    return int(found["pid"])


def settled(lab: Lab, name: str) -> bool:
    """Whether a program has run for so long that, killed now, it is back at once."""
    began = started_at(pid_of(lab, name))
    return began is not None and _ticks_now() - began > SETTLED_S * os.sysconf("SC_CLK_TCK")


def _ticks_now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK")


def envoys(lab: Lab) -> dict[str, int]:
    """The pid of each Envoy."""
    running = processes(lab).items()
    return {name: each["pid"] for name, each in running if name.startswith("envoy/")}


def kill(lab: Lab, name: str, number: signal.Signals = signal.SIGKILL) -> int:
    """Send a signal to a program; the pid that it had."""
    pid = pid_of(lab, name)
    os.kill(pid, number)
    return pid


def kill_and_await(lab: Lab, name: str) -> int:
    """SIGKILL a program; its next pid, once the holder has it running again."""
    before = kill(lab, name)

    def again() -> int | None:
        pid = pid_of(lab, name)
        return pid if pid != before else None

    return int(until(again))


def ask(lab: Lab, whom: str, question: dict[str, Any]) -> dict[str, Any]:
    """One question to `holder` or `agent`, as another process of the lab's user asks it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(str(lab.folder / f"{whom}.sock"))
        line.sendall(json.dumps(question).encode() + b"\n")
        answer: dict[str, Any] = json.loads(line.makefile("rb").readline())
    assert "error" not in answer, answer
    return answer


def plane(lab: Lab) -> PlaneClient:
    """The lab's plane."""
    return PlaneClient(lab.folder / "plane.sock", lab.name)


Counts = dict[tuple[str, str], int]
"""(client, type) to a count; a client is a pod `NAMESPACE/NAME` or `(resolvers)`."""


def pushed(lab: Lab, part: str = "plane", what: str = "resources") -> Counts:
    """What `plane` or `agent` counted: responses, resources, removals, sent_bytes, rejections."""
    text = plane(lab).metrics() if part == "plane" else ask(lab, "agent", {"op": "metrics"})
    told = text if isinstance(text, str) else text["prometheus"]
    rows = (row.groups() for row in map(_ROW.fullmatch, told.splitlines()) if row)
    return {(client, kind): int(n) for p, w, client, kind, n in rows if (p, w) == (part, what)}


def whole(lab: Lab) -> bool:
    """Whether plane, agent and every proxy are there and of one mind."""
    try:
        rows = {row["pod"]: row for row in plane(lab).status()["proxies"]}
        mine = ask(lab, "agent", {"op": "status"})["proxies"]
    except (PlaneUnreachable, OSError):
        return False
    return bool(mine) and all(
        row["connected"] and row["synced"] and row["ready"] and rows[row["pod"]]["synced"]
        for row in mine
    )


@contextmanager
def undisturbed(lab: Lab, url: str) -> Iterator[None]:
    """Load from the client runs meanwhile and is answered whole, by the same Envoys; all parts are
    of one mind before it ends."""
    with under_load(lab, "deploy/client", url) as load:
        until(lambda: whole(lab))
        running = envoys(lab)
        yield
        until(lambda: whole(lab))
        load.end()
    load.assert_whole()
    assert envoys(lab) == running


def config_map(name: str, data: str = "b") -> str:
    """An object that no proxy hears of."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {data}}}\n"


def kept(lab: Lab) -> set[str]:
    """The names of those that the plane has."""
    return {each["name"] for each in plane(lab).documents("ConfigMap", "default")["documents"]}


@contextmanager
def full(folder: Path, room: int) -> Iterator[None]:
    """No byte of a file system of so many is free while the block runs."""
    filler = folder / "filler"
    try:
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(room))
        yield
    finally:
        filler.unlink()
