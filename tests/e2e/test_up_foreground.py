"""`gossamer up` in the foreground, on a terminal and without one: it stays useful."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import ROOT, Lab, forget, new_home, until
from tests.e2e.small_mesh import service, workload

pytestmark = pytest.mark.e2e

WEB = workload("web") + service("web")
TICKING = """
apiVersion: v1
kind: Pod
metadata: {name: ticking}
spec:
  containers:
  - {name: app, image: x, command: [sh, -c, "while :; do echo tick; sleep 1; done"]}
---
"""
PATIENCE_S = 60.0


class Screen:
    """A command on a terminal, and all that it has drawn."""

    def __init__(self, lab: Lab, *words: str) -> None:
        self.control, side = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            ["env", "--default-signal=INT", "TERM=xterm", *lab.command(), *words],
            stdin=side,
            stdout=side,
            stderr=side,
            env=lab.variables(),
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(side)

    def until(self, words: str) -> None:
        """Read until these words are drawn, colours left out."""
        late = time.monotonic() + PATIENCE_S
        while words not in re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", self.text):
            left = late - time.monotonic()
            assert left > 0, f"{words!r} did not come: {self.text[-3000:]}"
            if select.select([self.control], [], [], left)[0]:
                try:
                    self.text += os.read(self.control, 1 << 16).decode(errors="replace")
                except OSError as over:
                    raise AssertionError(f"{words!r} did not come: {self.text[-3000:]}") from over

    def type(self, keys: str) -> None:
        self.text = ""
        os.write(self.control, keys.encode())

    def end(self) -> int:
        """Its exit status; what it still draws is read, so that it is not held up."""
        while self.process.poll() is None:
            if select.select([self.control], [], [], 0.05)[0]:
                try:
                    self.text += os.read(self.control, 1 << 16).decode(errors="replace")
                except OSError:
                    break
        return self.process.wait(PATIENCE_S)


def _own_terminal() -> None:
    """Make standard input the controlling terminal, as a shell's is."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def lab() -> Iterator[Lab]:
    home = new_home()
    under_test = Lab("front", home)
    try:
        yield under_test
    finally:
        under_test.down()
        forget(home)


@contextmanager
def in_front(lab: Lab, *words: str) -> Iterator[Screen]:
    screen = Screen(lab, "up", *words, "--name", lab.name)
    try:
        screen.until("Ctrl-C ends it.")
        yield screen
    finally:
        if screen.process.poll() is None:
            os.write(screen.control, b"\x03")
            screen.end()
        os.close(screen.control)


def test_on_a_terminal_it_shows_logs_and_obeys_keys(lab: Lab, tmp_path: Path) -> None:
    """Lines with their pod's name; addresses and traffic on a key; q ends all of it with 0."""
    path = tmp_path / "mesh.yaml"
    path.write_text(WEB + TICKING)
    with in_front(lab, str(path)) as screen:
        screen.until("keys: t traffic, u addresses, q ends")
        screen.until("ticking | tick")
        screen.type("u")
        screen.until("service default/web: http://127.0.0.1:")
        screen.type("t")
        screen.until("any key goes back")
        screen.type("x")
        screen.until("ticking | tick")
        screen.type("q")
        assert screen.end() == 0
    assert not (lab.folder / "lab.json").exists()


def test_ctrl_c_on_a_terminal_is_130_and_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
    """Typed, not sent: the terminal makes the signal."""
    path = tmp_path / "mesh.yaml"
    path.write_text(TICKING)
    with in_front(lab, str(path)) as screen:
        screen.type("\x03")
        assert screen.end() == 130
    assert not (lab.folder / "lab.json").exists()


def test_without_a_terminal_logs_are_shown_when_asked_for(lab: Lab, tmp_path: Path) -> None:
    """In a CI job nobody wants them unasked; there are no colours and no keys."""
    path = tmp_path / "mesh.yaml"
    path.write_text(TICKING)
    with lab.start("up", str(path), "--name", lab.name, "--logs") as front:
        assert front.stdout
        while "ticking | tick\n" not in (line := front.stdout.readline()):
            assert line, front.stderr
        front.send_signal(signal.SIGINT)
        front.communicate(timeout=60)
    assert front.returncode == 130


def test_a_saved_file_is_applied_and_a_half_saved_one_is_not(lab: Lab, tmp_path: Path) -> None:
    """By rename, as editors do; broken or empty it changes nothing, and is told."""
    path = tmp_path / "mesh.yaml"
    path.write_text(WEB)
    with lab.start("up", str(path), "--name", lab.name, "--watch", "--prune") as front:
        assert front.stderr
        _read_until(front, "Ctrl-C ends it.")
        fresh = tmp_path / "fresh"
        fresh.write_text(WEB.replace("replicas: 1", "replicas: 2"))
        os.replace(fresh, path)
        until(lambda: len(lab.json("get", "pods")) == 2)
        path.write_text("")
        _read_until(front, "is empty, which may be half of a save")
        path.write_text(WEB.replace("replicas: 1", "replicas: 3") + "kind: [")
        _read_until(front, "[invalid-yaml]")
        assert lab.json("get", "svc", "web")
        path.write_text(workload("web"))
        _read_until(front, "Service default/web deleted")
        front.send_signal(signal.SIGINT)
        front.communicate(timeout=60)
    assert front.returncode == 130


def _read_until(front: subprocess.Popen[str], words: str) -> None:
    assert front.stderr
    seen = []
    while line := front.stderr.readline():
        seen.append(line)
        if words in line:
            return
    raise AssertionError(f"it ended without saying {words!r}: {''.join(seen)}")
