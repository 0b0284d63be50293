"""Which processes a supervisor started: on disk, so that a later one can end exactly those.

A line per start and per end, appended before anything else happens, so a kill at any moment
leaves a readable file. A pid alone may have been given to a stranger since; with its start time
since boot it names one process only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.process.private_files import append_private

_START_TIME_FIELD = 19  # counted after the command's closing bracket; field 22 of proc(5)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One process: its pid, the clock tick of its start and the name it is supervised by."""

    pid: int
    started: int
    name: str

    @property
    def runs(self) -> bool:
        """True while this very process is there, and not a later one with its pid."""
        return started_at(self.pid) == self.started


def started_at(pid: int) -> int | None:
    """The clock tick (since boot) at which a process started; None when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    words = stat.rpartition(")")[2].split()
    return None if words[0] in ("Z", "X") else int(words[_START_TIME_FIELD])


class Ledger:
    """The file of one supervisor."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, pid: int, name: str) -> None:
        """A process has started."""
        started = started_at(pid)
        if started is not None:
            self._append({"pid": pid, "started": started, "name": name})

    def remove(self, pid: int) -> None:
        """A process has ended, and its parent knows."""
        self._append({"pid": pid, "ended": True})

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Who may still run, in the order they were started."""
        by_pid: dict[int, LedgerEntry] = {}
        for line in self._lines():
            by_pid.pop(line["pid"], None)
            if "started" in line:
                by_pid[line["pid"]] = LedgerEntry(line["pid"], line["started"], line["name"])
        return tuple(by_pid.values())

    def clear(self) -> None:
        """Nobody runs any more."""
        self._path.unlink(missing_ok=True)

    def _append(self, line: dict[str, object]) -> None:
        append_private(self._path, json.dumps(line).encode() + b"\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Each whole line; a torn last one was never finished."""
        if not self._path.exists():
            return
        for line in self._path.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)
