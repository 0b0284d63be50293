"""A process's log: appended to, and set aside once it is large.

The file is looked at when a process starts; a running one writes on, since nobody stands between
it and its file.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

LARGEST_BYTES = 10 << 20


def open_log(path: Path) -> BinaryIO:
    """The log, ready to append; one of 10 MB becomes PATH.1, in place of an older PATH.1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size >= LARGEST_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")
