"""/proc, /sys and /dev of a pod: what an application needs of them, and nothing to harm with.

An application of root's has no capability, but root owns these files: it could write settings,
trigger a reboot or read the raw disk. So settings are read-only, and /dev is made anew with the
few devices that container engines give.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from pathlib import PurePosixPath as Where

from gossamer.lab.world import kernel

_READ_ONLY_IN_PROC = ("sys", "sysrq-trigger", "bus", "fs", "irq")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}


def _proc(target: Path) -> None:
    kernel.bind("/proc", target)
    for name in _READ_ONLY_IN_PROC:
        if (target / name).exists():
            kernel.bind(f"/proc/{name}", target / name)
            kernel.make_read_only(target / name)


def _sys(target: Path) -> None:
    kernel.bind("/sys", target)
    try:
        kernel.make_tree_read_only(target)
    except OSError as refused:
        if refused.errno != errno.ENOSYS:
            raise
        kernel.make_read_only(target)


def _dev(target: Path) -> None:
    kernel.fresh(target)
    for name in _DEVICES:
        if Path("/dev", name).exists():
            (target / name).touch()
            kernel.bind(f"/dev/{name}", target / name)
    for name, text in _LINKS.items():
        (target / name).symlink_to(text)
    if Path("/dev/pts").is_dir():
        (target / "pts").mkdir()
        kernel.bind("/dev/pts", target / "pts")
        (target / "ptmx").symlink_to("pts/ptmx")
    (target / "shm").mkdir()
    kernel.fresh(target / "shm", "1777")


SYSTEM_TREES: dict[Where, Callable[[Path], None]] = {
    Where("/proc"): _proc,
    Where("/sys"): _sys,
    Where("/dev"): _dev,
}
