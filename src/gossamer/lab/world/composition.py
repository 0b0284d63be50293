"""What a pod sees of the disk: a composition of the host's root, as a list of mounts.

The whole root cannot be overlaid by an ordinary user: mounts that lie under it (/proc, /dev, a
separate /home) are locked in a user namespace, and overlayfs refuses a tree with locked mounts
in it. So the root is put together anew in memory:

- a directory with no mount below it becomes an overlay: the pod may write, the host is safe;
- a directory with mounts below it is made anew and each of its entries is treated likewise;
- every other file is bound, read-only; a symlink is copied;
- /proc, /sys and /dev are shown with what an application must not have taken out or made
  read-only, as container engines do (`system_trees`); /tmp and /run are fresh.

Where overlayfs is refused (old kernels, some file systems) everything is bound read-only instead,
and a directory that must get a new entry is made anew. `make_mounts` reports it as a note.

Pure but for looking at the disk through `Disk`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Protocol

from msgspec import Struct

from gossamer.lab.world.kernel import mounts_below

_SYSTEM = frozenset(map(PurePosixPath, ("/proc", "/sys", "/dev")))
_MADE_FRESH = frozenset(map(PurePosixPath, ("/tmp", "/run")))
_MOST_ENTRIES = 512


class MountedVolume(Struct, frozen=True, array_like=True):
    """A folder or file of the host, `source`, shown to the pod at `path`."""

    path: str
    source: str
    read_only: bool = False


class MountPlan(Struct, frozen=True):
    """What is the pod's own: /etc/hosts, /etc/resolv.conf, its volumes; and what it may not see.

    `hosts` and `resolv` are the files' text; `hide` are paths that become empty folders. A
    `hostname` gives the pod a UTS namespace of that name, too.
    """

    hosts: str
    resolv: str
    volumes: tuple[MountedVolume, ...] = ()
    hide: tuple[str, ...] = ()
    hostname: str = ""


class MountKind(StrEnum):
    """How one place of the new root is made."""

    FOLDER = "folder"
    OVERLAY = "overlay"
    BIND = "bind"
    SYSTEM = "system"
    LINK = "link"
    FRESH = "fresh"


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One step: make `where` of the new root; `target` is a symlink's text."""

    kind: MountKind
    where: PurePosixPath
    target: str = ""


class Disk(Protocol):
    """The questions that composing asks of the host's root."""

    def entries(self, folder: PurePosixPath) -> list[str]:
        """The names in a folder; empty where it may not be read."""

    def link(self, path: PurePosixPath) -> str | None:
        """A symlink's text; None for anything else."""

    def is_folder(self, path: PurePosixPath) -> bool:
        """True for a folder that is not a symlink."""

    def mounts(self) -> frozenset[PurePosixPath]:
        """Where something is mounted."""


class HostDisk:
    """The disk as this process sees it."""

    def entries(self, folder: PurePosixPath) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except OSError:
            return []

    def link(self, path: PurePosixPath) -> str | None:
        return os.readlink(path) if os.path.islink(path) else None

    def is_folder(self, path: PurePosixPath) -> bool:
        return os.path.isdir(path) and not os.path.islink(path)

    def mounts(self) -> frozenset[PurePosixPath]:
        return frozenset(map(PurePosixPath, mounts_below("/")))


def compose(disk: Disk, added: frozenset[PurePosixPath] = frozenset()) -> tuple[MountPoint, ...]:
    """The steps to a new root in which folders are overlays, outermost first.

    `made` are folders to make anew whatever they hold: those that must get an entry where there
    can be no overlay.
    """
    return tuple(_inside(disk, PurePosixPath("/"), MountKind.OVERLAY, added))


def compose_without_overlay(disk: Disk, added: frozenset[PurePosixPath]) -> tuple[MountPoint, ...]:
    """The same where overlayfs is refused: folders are bound as they are."""
    return tuple(_inside(disk, PurePosixPath("/"), MountKind.BIND, added))


def _inside(
    disk: Disk, folder: PurePosixPath, kind: MountKind, added: frozenset[PurePosixPath]
) -> Iterator[MountPoint]:
    busy = {parent for place in disk.mounts() | added for parent in place.parents} | added
    for name in disk.entries(folder):
        yield from _place(disk, folder / name, kind, added, frozenset(busy))


def _place(
    disk: Disk,
    where: PurePosixPath,
    kind: MountKind,
    added: frozenset[PurePosixPath],
    busy: frozenset[PurePosixPath],
) -> Iterator[MountPoint]:
    target = disk.link(where)
    if target is not None:
        yield MountPoint(MountKind.LINK, where, target)
    elif where in _MADE_FRESH:
        yield MountPoint(MountKind.FRESH, where)
    elif where in _SYSTEM:
        yield MountPoint(MountKind.SYSTEM, where)
    elif not disk.is_folder(where):
        yield MountPoint(MountKind.BIND, where)
    elif where not in busy:
        yield MountPoint(kind, where)
    elif len(disk.entries(where)) > _MOST_ENTRIES:
        yield MountPoint(MountKind.BIND, where)
    else:
        yield MountPoint(MountKind.FOLDER, where)
        for name in disk.entries(where):
            yield from _place(disk, where / name, kind, added, busy)
