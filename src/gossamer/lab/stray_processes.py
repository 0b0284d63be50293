"""What a lab leaves when it is killed, and how to end exactly that.

Processes are ended through a pidfd, so a pid that was given to a stranger meanwhile is never
hit. Mounts and namespaces need no sweeping: the lab makes them in namespaces of its own, and
they end with their last process.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

END_TIMEOUT_S = 5.0


def end_processes(network: Path) -> int:
    """Kill every other process in the network namespace at `network`; how many there were."""
    wanted = os.stat(network)
    return end_where(lambda pid: os.path.samestat(os.stat(f"/proc/{pid}/ns/net"), wanted))


def end_where(belongs: Callable[[int], bool]) -> int:
    """Kill every process that `belongs`, but this one, and wait until they are gone.

    `belongs` may raise OSError for processes that end or may not be looked at; they stay.
    """
    ended = 0
    for pid in _others():
        try:
            ended += belongs(pid) and end_process(pid, belongs)
        except OSError:
            continue
    return ended


def end_process(pid: int, belongs: Callable[[int], bool]) -> bool:
    """Kill `pid` if, held fast, it still `belongs`; True once it has ended."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not belongs(pid):
            return False
        signal.pidfd_send_signal(held, signal.SIGKILL)
        return bool(select.select([held], [], [], END_TIMEOUT_S)[0])
    finally:
        os.close(held)


def _others() -> Iterator[int]:
    own = os.getpid()
    return (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own)


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it, also what overlayfs made unreadable to its owner."""
    for path, folders, _ in os.walk(folder):
        for name in folders:
            below = Path(path, name)
            if not below.is_symlink() and not os.access(below, os.R_OK | os.W_OK | os.X_OK):
                below.chmod(0o700)
    shutil.rmtree(folder)
