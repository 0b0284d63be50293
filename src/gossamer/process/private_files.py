"""Files and folders that only their owner may read, whatever the umask, and in nobody's power.

Files are written whole or not at all, and no symbolic link is followed in the last place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gossamer.process.ownership import UnsafeFolder, check_own, check_way

__all__ = [
    "UnsafeFolder",
    "append_private",
    "open_private",
    "private_folder",
    "write_atomic",
    "write_private",
]


def write_private(path: Path, text: str | bytes) -> None:
    """Replace `path` with `text`, mode 0600, durable before it becomes visible."""
    _replace(path, text, os.fsync)


def write_atomic(path: Path, text: str | bytes) -> None:
    """The same without waiting for the disk: for what can be had again after a loss of power."""
    _replace(path, text, _leave_to_the_kernel)


def append_private(path: Path, line: bytes) -> None:
    """Add a line to `path` in one write, so that a kill at any moment tears at most this one."""
    with open_private(path) as file:
        file.write(line)


def _leave_to_the_kernel(_: int) -> None:
    return


def _replace(path: Path, text: str | bytes, settle: Callable[[int], None]) -> None:
    data = text.encode() if isinstance(text, str) else text
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            settle(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def open_private(path: Path) -> BinaryIO:
    """`path` ready to append to, mode 0600; UnsafeFolder where it is a link or somebody else's."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.fdopen(os.open(path, flags, 0o600), "ab")
    except OSError as refused:
        if path.is_symlink():
            raise UnsafeFolder(path, "is a symbolic link") from refused
        raise
    if os.fstat(file.fileno()).st_uid != os.geteuid():
        file.close()
        raise UnsafeFolder(path, "belongs to another user")
    os.fchmod(file.fileno(), 0o600)
    return file


def private_folder(path: Path) -> Path:
    """Make `path` (and parents) if absent, mode 0700; UnsafeFolder where it is in others' power."""
    check_way(path.parent)
    missing = [folder for folder in (path, *path.parents) if not os.path.lexists(folder)]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        check_own(folder)
    check_own(path)
    path.chmod(0o700)
    return path
