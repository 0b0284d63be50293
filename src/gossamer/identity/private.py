"""Files and folders that only their owner may read, whatever the umask, and in nobody's power.

Files are written whole or not at all, and no symbolic link is followed in the last place.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from gossamer.identity.ownership import UnsafeFolder, check_own, check_way

__all__ = ["UnsafeFolder", "open_private", "private_folder", "write_private"]


def write_private(path: Path, text: str | bytes) -> None:
    """Replace `path` with `text`, mode 0600, durable before it becomes visible."""
    data = text.encode() if isinstance(text, str) else text
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
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
        raise UnsafeFolder(path, "belongs to somebody else")
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
