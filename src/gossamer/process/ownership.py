"""Whose a folder is: refuse one that somebody else made, or could exchange for another.

As ssh does before it believes a file of keys. Each folder on the way, links followed one by one,
belongs to this user, to root or to whoever owns `/`, and nobody else may write to it. In a sticky
folder such as /tmp others may, but cannot exchange what is not theirs.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from pathlib import Path

MOST_LINKS = 40


class UnsafeFolder(PermissionError):
    """A folder that private things cannot be kept in; the text says whose fault it is, and why."""

    def __init__(self, path: Path, why: str) -> None:
        text = (
            f"{path} {why}, so others could read or replace what is kept there; nothing was "
            "written. Remove it, fix its owner or mode, or choose another folder"
        )
        super().__init__(errno.EPERM, text)
        self.path, self.why, self.text = path, why, text

    def __str__(self) -> str:
        return self.text


def check_way(folder: Path) -> None:
    """Refuse a way to `folder` on which somebody else could turn; what is missing passes."""
    trusted = trusted_users()
    at, rest, links = Path("/"), list(reversed(Path(os.path.abspath(folder)).parts[1:])), 0
    _check_folder(at, trusted)
    while rest:
        step = at / rest.pop()
        try:
            seen = step.lstat()
        except FileNotFoundError:
            return
        if stat.S_ISLNK(seen.st_mode) and (links := links + 1) <= MOST_LINKS:
            if seen.st_uid not in trusted:
                raise UnsafeFolder(step, f"is a symbolic link of {name_of(seen.st_uid)}")
            target = Path(os.path.normpath(at / os.readlink(step)))
            at, rest = Path("/"), [*rest, *reversed(target.parts[1:])]
            continue
        _check_folder(step, trusted)
        at = step


def trusted_users() -> set[int]:
    """Whose files are believed: this user's, root's, and those of whoever owns `/`."""
    return {os.geteuid(), 0, os.stat("/").st_uid}


def check_own(folder: Path) -> None:
    """Refuse a folder that is not this user's own, or that others may write to; a link is none."""
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        raise UnsafeFolder(folder, "is not a folder")
    if seen.st_uid != os.geteuid():
        raise UnsafeFolder(folder, f"belongs to {name_of(seen.st_uid)}")


def _check_folder(folder: Path, trusted: set[int]) -> None:
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        raise UnsafeFolder(folder, "is not a folder")
    if seen.st_uid not in trusted:
        raise UnsafeFolder(folder, f"belongs to {name_of(seen.st_uid)}")
    if others_may_write(seen):
        mode = stat.S_IMODE(seen.st_mode)
        raise UnsafeFolder(folder, f"can be written by others (mode {mode:04o})")


def others_may_write(seen: os.stat_result) -> bool:
    """Whether others can write there; a sticky folder keeps what is in it from being exchanged."""
    if stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_ISVTX:
        return False
    if seen.st_mode & stat.S_IWOTH:
        return True
    return bool(seen.st_mode & stat.S_IWGRP) and not _group_of_one(seen.st_gid, seen.st_uid)


def _group_of_one(group: int, owner: int) -> bool:
    """Whether a group is its owner's private one, as many systems give to each user."""
    try:
        entry, user = grp.getgrgid(group), pwd.getpwuid(owner)
    except KeyError:
        return False
    alone = set(entry.gr_mem) <= {user.pw_name}
    return alone and entry.gr_name == user.pw_name and user.pw_gid == group


def name_of(uid: int) -> str:
    """A user as people name it."""
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"
