"""The few system calls about mounts and namespaces that Python 3.11 does not offer.

Each raises OSError with the kernel's reason. `enter` holds those that its small script needs;
the rest is here.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gossamer.lab.world.enter import CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER, setns, unshare

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000
_MS_RELATIME = 0x20_0000
_ST_RELATIME = 0x1000
_KEPT_FLAGS = 0x2 | 0x4 | 0x8 | 0x400 | 0x800  # nosuid, nodev, noexec, noatime, nodiratime
_MNT_DETACH = 2
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_SETATTR = 442  # the same on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "s390x": 217, "ppc64le": 203, "riscv64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _bytes(path: str | Path | None) -> bytes | None:
    return None if path is None else os.fsencode(path)


def mount(
    source: str | Path | None, target: str | Path, kind: str = "", flags: int = 0, options: str = ""
) -> None:
    """mount(2)."""
    words = (_bytes(source), _bytes(target), kind.encode() or None)
    result = _libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None)
    _check(result, f"mount {kind or source} at {target}")


def bind(source: str | Path, target: str | Path) -> None:
    """Show `source`, with what is mounted below it, at `target`."""
    mount(source, target, flags=MS_BIND | MS_REC)


def make_read_only(target: str | Path) -> None:
    """Forbid writing through one mount; the flags it was born with must be repeated."""
    born = os.statvfs(target).f_flag
    flags = born & _KEPT_FLAGS | (_MS_RELATIME if born & _ST_RELATIME else 0)
    mount(None, target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | flags)


def make_tree_read_only(target: str | Path) -> None:
    """Forbid writing through a mount and all below it; before Linux 5.12, one by one."""
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    words = (_AT_FDCWD, _bytes(target), _AT_RECURSIVE, attributes, ctypes.c_size_t(32))
    try:
        _check(_libc.syscall(_MOUNT_SETATTR, *words), f"mount_setattr {target}")
    except OSError as refused:
        if refused.errno != errno.ENOSYS:
            raise
        for place in mounts_below(target):
            make_read_only(place)


def mounts_below(target: str | Path) -> list[Path]:
    """Where something is mounted at or below `target`, in this process's view."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        places = [Path(plain(line.split(" ")[4])) for line in table]
    return [place for place in places if place.is_relative_to(target)]


def plain(escaped: str) -> str:
    """A path of mountinfo, which writes blanks in octal."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        escaped = escaped.replace(code, character)
    return escaped


def fresh(target: str | Path, mode: str = "0755") -> None:
    """An empty file system in memory."""
    mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode}")


def overlay(lower: str | Path, upper: Path, work: Path, target: Path) -> None:
    """Show `lower` at `target`; what is written there goes to `upper`."""
    layers = {"lowerdir": lower, "upperdir": upper, "workdir": work}
    options = ",".join(f"{name}={_escaped(str(path))}" for name, path in layers.items())
    own_attributes = "userxattr," if os.geteuid() else ""
    mount("overlay", target, "overlay", MS_NODEV, own_attributes + options)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def unmount(target: str | Path) -> None:
    """Detach a mount now; it ends when the last user lets go."""
    _check(_libc.umount2(_bytes(target), _MNT_DETACH), f"umount {target}")


def pivot_root(root: str | Path, old: str | Path) -> None:
    """Make the mount at `root` this namespace's root; the old one moves to `old`."""
    number = _PIVOT_ROOT[platform.machine()]
    _check(_libc.syscall(number, _bytes(root), _bytes(old)), f"pivot_root {root}")


def new_world() -> None:
    """Leave for new namespaces: user (unless root), network and mount, nothing shared back."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWNET | CLONE_NEWNS | (CLONE_NEWUSER if user else 0))
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    mount(None, "/", flags=MS_REC | MS_PRIVATE)


def new_network(pin: Path) -> None:
    """Make a network namespace and keep it by a file at `pin`; the caller stays where it is."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    pin.touch(mode=0o600, exist_ok=True)
    try:
        unshare(CLONE_NEWNET)
        mount("/proc/self/ns/net", pin, flags=MS_BIND)
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)


@contextmanager
def inside_network(pin: Path) -> Iterator[None]:
    """Be in the network namespace kept at `pin` for a while."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(pin, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(there, CLONE_NEWNET)
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(there)
        os.close(home)
