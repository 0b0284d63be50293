"""A command on a terminal of its own, with the person's terminal in raw mode before it.

Every key goes through, Ctrl-C and Ctrl-D among them, and the size follows the window. What runs on
it cannot push characters into the person's own terminal, as it could if it had that one.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_CHUNK = 1 << 16
_CTRL_C = b"\x03"


def run_on_terminal(argv: Sequence[str], env: Mapping[str, str], *, reads: bool) -> int:
    """Run to its end, whose status is returned (128 + N: by signal N).

    `reads` says that what is typed reaches the command.
    """
    control, side = pty.openpty()
    try:
        _follow_size(control)
        command = subprocess.Popen(argv, env=dict(env), stdin=side, stdout=side, stderr=side)
        os.close(side)
        with _raw(reads):
            _carry(control, reads=reads)
        status = command.wait()
    finally:
        os.close(control)
    return status if status >= 0 else 128 - status


@contextmanager
def _raw(reads: bool) -> Iterator[None]:
    """Standard input in raw mode; as it was afterwards, however this ends."""
    if not reads:
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _follow_size(control: int) -> None:
    """Give the size of the person's window, now and whenever it changes."""

    def copy(*_: object) -> None:
        size = fcntl.ioctl(sys.stdout, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(control, termios.TIOCSWINSZ, size)

    if sys.stdout.isatty():
        copy()
        signal.signal(signal.SIGWINCH, copy)


def _carry(control: int, *, reads: bool) -> None:
    """Both ways, until nobody holds the other side of the terminal."""
    sources = [control, sys.stdin.fileno()] if reads else [control]
    while True:
        try:
            ready, _, _ = select.select(sources, [], [])
            if control in ready and not _copy(control, sys.stdout.fileno()):
                return
            if len(sources) > 1 and sources[1] in ready and not _copy(sources[1], control):
                del sources[1]
        except KeyboardInterrupt:
            os.write(control, _CTRL_C)


def _copy(source: int, target: int) -> bool:
    """What there is to read; False at its end."""
    try:
        data = os.read(source, _CHUNK)
    except OSError:  # EIO: the last one on the other side has gone
        return False
    while data:
        data = data[os.write(target, data) :]
        if not data:
            return True
    return False
