"""/proc, /sys and /dev of a pod: what an application needs of them, and nothing to harm with.

An application of root's has no capability, but root owns these files: it could write settings,
trigger a reboot or read the raw disk. So settings are read-only, /proc shows the pod's own
processes, and /dev is made anew with the few devices that container engines give, whose modes
the pod cannot change, and with terminals of its own. Each returns notes for people.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from gossamer.lab.world import kernel

_READ_ONLY_IN_PROC = ("sys", "sysrq-trigger", "bus", "fs", "irq")
_HIDDEN_IN_PROC = ("kcore", "keys", "latency_stats", "sched_debug", "timer_list", "acpi", "scsi")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}


def _proc(target: Path) -> list[str]:
    notes = _processes(target)
    for name in _READ_ONLY_IN_PROC:
        if (target / name).exists():
            kernel.bind(target / name, target / name)
            kernel.make_tree_read_only(target / name)
    for name in _HIDDEN_IN_PROC:
        if (target / name).is_dir():
            kernel.fresh(target / name, "0555")
        elif (target / name).exists():
            kernel.bind("/dev/null", target / name)
            kernel.make_read_only(target / name)
    return notes


def _processes(target: Path) -> list[str]:
    """The processes of this PID namespace; the machine's where the kernel refuses that."""
    try:
        kernel.mount("proc", target, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    except PermissionError:
        kernel.bind("/proc", target)
        return [
            "a /proc of the pod's own is refused here, as in containers that mask parts of it: "
            "the pod sees names and command lines of the machine's processes, but may read, "
            "trace or signal none of them. Run the lab outside of that container to hide them."
        ]
    return []


def _sys(target: Path) -> list[str]:
    kernel.bind("/sys", target)
    kernel.make_tree_read_only(target)
    return []


def _dev(target: Path) -> list[str]:
    kernel.fresh(target)
    for name in _DEVICES:
        if Path("/dev", name).exists():
            (target / name).touch()
            kernel.bind(f"/dev/{name}", target / name)
            kernel.make_read_only(target / name)  # one may still write to it, but not change it
    for name, text in _LINKS.items():
        (target / name).symlink_to(text)
    (target / "shm").mkdir()
    kernel.fresh(target / "shm", "1777")
    (target / "pts").mkdir()
    kernel.mount("devpts", target / "pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, _PTS)
    return []


_PTS = "newinstance,ptmxmode=0666,mode=0600"

SYSTEM_TREES: dict[PurePosixPath, Callable[[Path], list[str]]] = {
    PurePosixPath("/proc"): _proc,
    PurePosixPath("/sys"): _sys,
    PurePosixPath("/dev"): _dev,
}
