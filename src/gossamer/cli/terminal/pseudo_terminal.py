"""A command on a terminal of its own, with the person's terminal in raw mode before it.

Every key goes through, Ctrl-C and Ctrl-D among them, and the size follows the window. What runs on
it cannot push characters into the person's own terminal, as it could if it had that one.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
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

    What `argv` starts opens the terminal where it runs, and sends this end of it over its standard
    input. `reads` says that what is typed reaches the command.
    """
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(_size())
        command = subprocess.Popen(argv, env=dict(env), stdin=theirs.fileno())
        theirs.close()
        _, ends, _, _ = socket.recv_fds(ours, 1, 1)
    for control in ends:
        _follow_size(control)
        with _raw(reads):
            _carry(control, reads=reads)
        os.close(control)
    status = command.wait()
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


def _size() -> bytes:
    """Of the person's window; zeros where there is none."""
    if not sys.stdout.isatty():
        return bytes(8)
    return fcntl.ioctl(sys.stdout, termios.TIOCGWINSZ, bytes(8))


def _follow_size(control: int) -> None:
    """Give the size of the person's window on whenever it changes."""
    signal.signal(signal.SIGWINCH, lambda *_: fcntl.ioctl(control, termios.TIOCSWINSZ, _size()))


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
