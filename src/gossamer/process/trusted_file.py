"""Reading a file on which trust rests: only one that nobody but this user or root can write.

Kubernetes and certbot put files behind symbolic links, so links are followed, one by one, and each
has to be of somebody trusted (`ownership.py`). Neither a pipe nor a device nor an endless file can
keep the reader waiting, and what is written while it is read is not taken.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from gossamer.process.ownership import (
    MOST_LINKS,
    UnsafeFolder,
    check_way,
    name_of,
    others_may_write,
    trusted_users,
)

Mark = tuple[int, int, int, int]
"""What differs between two versions of a file: its inode, size, and times."""


class UnfitFile(Exception):
    """A file that is there and must not, or cannot, be believed; the text says why."""


def mark_of(path: Path) -> Mark | None:
    """The version of a file as it stands now, links followed; None where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return _mark(seen)


def read_trusted(path: Path, most: int) -> bytes:
    """The whole file, of `most` bytes. Raises UnfitFile, and FileNotFoundError if it is absent."""
    try:
        return _read(_end_of_links(path), most)
    except FileNotFoundError:
        raise
    except UnsafeFolder as unsafe:
        raise UnfitFile(f"cannot be trusted: {unsafe.path} {unsafe.why}") from unsafe
    except OSError as error:
        raise UnfitFile(f"cannot be read: {error.strerror}") from error


def _read(path: Path, most: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        _check(before)
        data = file.read(most + 1)
        if len(data) > most:
            raise UnfitFile(f"is larger than {most} bytes")
        if _mark(os.fstat(descriptor)) != _mark(before) or len(data) != before.st_size:
            raise UnfitFile("was written to while it was read")
        return data


def _end_of_links(path: Path) -> Path:
    """The file itself, by a way on which nobody else could turn."""
    for _ in range(MOST_LINKS):
        check_way(path.parent)
        path = Path(os.path.realpath(path.parent)) / path.name
        seen = path.lstat()
        if not stat.S_ISLNK(seen.st_mode):
            return path
        if seen.st_uid not in trusted_users():
            raise UnsafeFolder(path, f"is a symbolic link of {name_of(seen.st_uid)}")
        path = path.parent / os.readlink(path)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _check(seen: os.stat_result) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise UnfitFile("is not a regular file")
    if seen.st_uid not in trusted_users():
        raise UnfitFile(f"belongs to {name_of(seen.st_uid)}")
    if others_may_write(seen):
        raise UnfitFile(f"can be written by others (mode {stat.S_IMODE(seen.st_mode):04o})")


def _mark(seen: os.stat_result) -> Mark:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
