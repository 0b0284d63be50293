"""Single keys of a terminal that this process has to itself, and none where it hasn't."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from typing import Any


class Keys:
    """Keys without Return while this is entered. Ctrl-C and Ctrl-Z mean what they always do."""

    def __init__(self) -> None:
        self._terminal: int | None = None
        self._before: list[Any] = []

    def __enter__(self) -> Keys:
        if sys.stdin.isatty() and _in_front(sys.stdin.fileno()):
            self._terminal = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._terminal)
            self._take()
            signal.signal(signal.SIGCONT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal is not None and _in_front(self._terminal):
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)
        signal.signal(signal.SIGCONT, signal.SIG_DFL)

    def _take(self, *_: object) -> None:
        """Also after Ctrl-Z and `fg`: the shell has set the terminal as it likes it."""
        if self._terminal is not None and _in_front(self._terminal):
            tty.setcbreak(self._terminal, termios.TCSADRAIN)

    @property
    def sources(self) -> list[int]:
        """What to select on for a key."""
        return [] if self._terminal is None or not _in_front(self._terminal) else [self._terminal]

    def pressed(self) -> str:
        """The keys that wait, empty if there are none; call this when one is known to be there."""
        if not self.sources:
            return ""
        raw = os.read(self.sources[0], 64)
        if not raw:
            self._terminal = None
        return raw.decode(errors="replace")


def _in_front(terminal: int) -> bool:
    """Whether it is this process's turn to use the terminal: a job behind would be stopped."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
