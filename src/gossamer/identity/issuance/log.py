"""The issuance log as its writer has it: append under a lock, repair what a crash tore.

A line is written before its certificate is handed out. It survives the end of the process at any
moment; a loss of power may take the last lines, as it may with any file that is not waited for.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gossamer.identity.issuance.entry import (
    BadLine,
    IdentityEvent,
    LogPosition,
    line_after,
    read_line,
    rfc3339,
)
from gossamer.identity.issuance.segments import (
    KEPT_SEGMENTS,
    SEGMENT_BYTES,
    Segments,
    lines_of,
)
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import append_private, open_private, private_folder

_log = EventLog("gossamer.identity")
_LONGEST_LINE = 16_384


class IssuanceLog:
    """Appends to the log in a folder; several threads and processes may."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = utc_now,
        segment_bytes: int = SEGMENT_BYTES,
        kept: int = KEPT_SEGMENTS,
    ) -> None:
        self._files = Segments(private_folder(folder))
        self._now = now
        self._segment_bytes, self._kept = segment_bytes, kept
        self._here = threading.Lock()
        self._place, self._size = LogPosition(), -1

    def append(self, event: IdentityEvent) -> None:
        """Record an event; OSError where that cannot be."""
        with self._here, self._alone():
            self._catch_up()
            time = rfc3339(self._now())
            line, place = line_after(self._place, time, event)
            append_private(self._files.growing, line)
            self._place, self._size = place, self._size + len(line)
            self._files.set_head(place)
            if self._size >= self._segment_bytes:
                self._begin_another()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with open_private(self._files.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _catch_up(self) -> None:
        """Learn where the log ends, if another process wrote since, or we just began."""
        size = _size_of(self._files.growing)
        if size == self._size:
            return
        kept = _repair(self._files.growing, size)
        files = self._files.all()
        last = next((line for path in reversed(files) if (line := _last_line(path))), None)
        self._place = self._files.anchor() if last is None else self._place_of(last)
        self._size = kept

    def _place_of(self, line: bytes) -> LogPosition:
        """Where a line stands. After one that is not right the log goes on as its head has it: to
        sign nothing any more would stop the mesh, and verification reports the line."""
        try:
            entry = read_line(line)
        except BadLine as bad:
            effect = "certificates are signed and recorded on; the chain is broken at this line"
            remedy = "`gossamer check` says where; keep a copy of the folder"
            _log.error("issuance-log-broken", reason=str(bad), effect=effect, remedy=remedy)
            return self._files.head()
        return LogPosition(entry.sequence, entry.digest)

    def _begin_another(self) -> None:
        """Put the full file aside, and let go of the oldest where there are too many."""
        _, first = next(lines_of(self._files.growing))
        self._files.put_aside(self._place_of(first).sequence)
        self._size = 0
        aside = self._files.aside()
        for path in aside[: max(0, len(aside) - self._kept)]:
            self._files.set_anchor(self._place_of(_last_line(path) or b""))
            path.unlink()


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _repair(path: Path, size: int) -> int:
    """Cut off what a crash left of a last line; the size that stays."""
    if not size:
        return 0
    with path.open("rb") as file:
        file.seek(max(0, size - _LONGEST_LINE))
        tail = file.read()
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        os.truncate(path, size - torn)
        _log.warning(
            "issuance-log-repaired",
            file=str(path),
            bytes=torn,
            reason="the last line was not whole: the program ended while it wrote",
            effect="that line is cut off; its certificate was never handed out",
        )
    return size - torn


def _last_line(path: Path) -> bytes | None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_LINE))
        lines = file.read().splitlines()
    return lines[-1] if lines else None
