"""A process's log: appended to, and rotated once it is large.

The file is looked at when a process starts; a running one writes on, since nobody stands between
it and its file.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from gossamer.process.private_files import open_private

LARGEST_BYTES = 10 << 20
_TAIL_BYTES = 8192


def open_log(path: Path) -> BinaryIO:
    """The log, ready to append; one of 10 MB becomes PATH.1, in place of an older PATH.1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_full(path):
        path.replace(older(path))
    return open_private(path)


def is_full(path: Path) -> bool:
    """Whether the next start moves it away."""
    return path.exists() and path.stat().st_size >= LARGEST_BYTES


def older(path: Path) -> Path:
    """Where a full log is moved."""
    return path.with_name(path.name + ".1")


def last_line(path: Path) -> str:
    """The last line of a log that says something; empty where there is none."""
    try:
        with path.open("rb") as raw:
            raw.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            lines = raw.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""
