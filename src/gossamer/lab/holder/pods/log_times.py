"""When what stands in a log was written, to half a second.

A container writes into its file by itself, so nobody sees its lines go by. The holder notes now and
then how long each log has become.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

LOOK_S = 0.5
MOST_MARKS = 4096
"""Of one log; beyond that every second one of the older half is dropped."""

Mark = tuple[float, int]
"""Seconds since 1970, and the size of the log then."""


class LogTimes:
    """The marks of every log."""

    def __init__(self) -> None:
        self._marks: dict[Path, list[Mark]] = {}

    def look(self, logs: Iterable[Path]) -> None:
        """Note those that have grown; a shorter one was begun anew; others are forgotten."""
        now, known = time.time(), self._marks
        self._marks = {path: known.get(path, []) for path in logs}
        for path, marks in self._marks.items():
            size = path.stat().st_size if path.exists() else 0
            if marks and size < marks[-1][1]:
                marks.clear()
            if size > (marks[-1][1] if marks else 0):
                marks.append((now, size))
            if len(marks) > MOST_MARKS:
                del marks[0 : MOST_MARKS // 2 : 2]

    def of(self, path: Path) -> list[Mark]:
        """The marks of one log, the oldest first."""
        return self._marks.get(path, [])
