"""A person at a terminal: types, waits for what is shown, and resizes the window."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from tests.e2e.lab_under_test import Lab

PATIENCE_S = 30.0


class Terminal:
    """`gossamer WORDS` on a pseudo-terminal of 33 lines and 111 columns."""

    def __init__(self, lab: Lab, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self._size(33, 111)
        self._process = subprocess.Popen(
            [*lab.command(), *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**lab.variables(), "TERM": "xterm"},
        )
        os.close(theirs)
        self.shown = ""

    def _size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        """The window changes, and the program in it is told as a kernel does."""
        self._size(rows, columns)
        os.kill(self._process.pid, 28)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, text: str) -> None:
        """Wait until a text is shown; what came before it is forgotten."""
        late = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, late - time.monotonic()))
            assert ready, f"{text!r} never came after {self.shown!r}"
            self.shown += os.read(self._ours, 4096).decode(errors="replace")
        self.shown = self.shown.partition(text)[2]

    def status(self) -> int:
        return self._process.wait(PATIENCE_S)
