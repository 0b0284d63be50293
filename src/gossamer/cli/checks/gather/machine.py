"""Looks at the machine."""

from __future__ import annotations

import os
import platform
import resource
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import gossamer
from gossamer.cli.checks.facts import Machine
from gossamer.lab.preflight import long_path, preflight

_NO_LIMIT = 1 << 30


def look_at_machine(home: Path, lab: Path, environ: Mapping[str, str]) -> Machine:
    """The machine, for a lab in folder `lab` of the state folder `home`."""
    near = _nearest(home)
    disk = os.statvfs(near)
    filesystem, options = _mount_of(near)
    return Machine(
        system=sys.platform,
        kernel=platform.release(),
        python=sys.version_info[:2],
        root=os.geteuid() == 0,
        obstacles=(*preflight(_place_to_try(home, lab)), *long_path(lab)),
        open_files=_limit(resource.RLIMIT_NOFILE) or _NO_LIMIT,
        processes=_limit(resource.RLIMIT_NPROC),
        pid_max=_number("/proc/sys/kernel/pid_max") or _NO_LIMIT,
        inotify_instances=_number("/proc/sys/fs/inotify/max_user_instances") or _NO_LIMIT,
        memory=_free_memory(),
        home=str(home),
        home_problem=_why_not_writable(home, near),
        home_mode=home.stat().st_mode & 0o7777 if os.path.isdir(home) else 0o700,
        home_filesystem=filesystem,
        home_noexec="noexec" in options,
        home_free=disk.f_bavail * disk.f_frsize,
        home_free_files=disk.f_favail if disk.f_files else None,
        xdg_state=environ.get("XDG_STATE_HOME") if not environ.get("GOSSAMER_HOME") else None,
        now=time.time(),
        installed_at=Path(gossamer.__file__).stat().st_mtime,
        resolvers=_resolvers(),
        loopback_problem=_why_no_loopback(),
    )


def _place_to_try(home: Path, lab: Path) -> Path | None:
    """Where an overlay is tried: where pods will have theirs, if that is there already."""
    usable = (each for each in (lab, home) if os.access(each, os.R_OK | os.W_OK | os.X_OK))
    folder = next(usable, None)
    return folder if folder is None or not tuple(long_path(folder)) else None


def _nearest(path: Path) -> Path:
    """The path itself, or the first folder above it that can be seen."""
    return next(each for each in (path, *path.parents) if os.path.isdir(each))


def _why_not_writable(home: Path, near: Path) -> str:
    try:
        home.lstat()
    except FileNotFoundError:
        pass
    except OSError as refused:
        return refused.strerror or str(refused)
    if os.path.lexists(home) and not home.is_dir():
        return "it is a file"
    if os.statvfs(near).f_flag & os.ST_RDONLY:
        return "the disk is read-only"
    return "" if os.access(near, os.W_OK | os.X_OK) else f"no permission in {near}"


def _limit(which: int) -> int | None:
    soft, _ = resource.getrlimit(which)
    return None if soft == resource.RLIM_INFINITY else soft


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None


def _free_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    fields = (line.split() for line in lines if line.startswith("MemAvailable:"))
    return next((int(words[1]) * 1024 for words in fields), None)


def _mount_of(path: Path) -> tuple[str, tuple[str, ...]]:
    """The kind of file system that a folder is on, and how it is mounted."""
    real, best = str(path.resolve()), ("", "unknown", "")
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, where, kind, options = line.split()[:4]
        inside = real == where or real.startswith(where.rstrip("/") + "/")
        if inside and len(where) >= len(best[0]):
            best = where, kind, options
    return best[1], tuple(best[2].split(","))


def _resolvers() -> tuple[str, ...]:
    try:
        lines = Path("/etc/resolv.conf").read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = (line.split() for line in lines)
    return tuple(each[1] for each in words if len(each) > 1 and each[0] == "nameserver")


def _why_no_loopback() -> str:
    try:
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            trial.listen()
    except OSError as refused:
        return refused.strerror or str(refused)
    return ""
