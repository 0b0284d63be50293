"""What a workload used, remembered beyond its pods' lives.

A restarted workload then finds the hosts it calls in its proxy before its first request. One
file per workload, a JSON line per discovery; a torn line is ignored. A file that is mostly names
forgotten since is written anew, when it is read and while it grows, and renamed into place: a crash
leaves the former one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gossamer.process.event_log import EventLog
from gossamer.process.private_files import open_private, private_folder, write_atomic

SCHEMA = 1
NAMES_AT_MOST = 1000
"""Names kept per workload and type; what was used first is forgotten first."""

OUTDATED_AT_MOST = 1 << 16
"""Bytes of outdated lines before a file is written anew (or as many as live ones, if more)."""

_log = EventLog("gossamer.agent")


class Memory:
    """The names that workloads used, by workload (`NAMESPACE/NAME`) and type URL."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self._names: dict[str, dict[str, dict[str, None]]] = {}
        self._spare: dict[str, int] = {}  # bytes that a file may grow before it is written anew

    def recall(self, workload: str) -> Mapping[str, tuple[str, ...]]:
        """The names of a workload, the most recently found last."""
        return {type_url: tuple(names) for type_url, names in self._of(workload).items()}

    def remember(self, workload: str, type_url: str, names: Iterable[str]) -> tuple[str, ...]:
        """Add names; those that are new, for `keep` to write."""
        known = self._of(workload).setdefault(type_url, {})
        fresh = tuple(name for name in names if name not in known)
        known.update(dict.fromkeys(fresh))
        _bound(known)
        return fresh

    def keep(self, workload: str, type_url: str, names: tuple[str, ...]) -> None:
        """Write names. A disk that does not take them costs the memory, not the traffic."""
        self._of(workload)
        self._write(workload, _line(type_url, names))

    def _write(self, workload: str, line: bytes) -> None:
        """Add a line, or write all names anew where it is one too many."""
        try:
            if len(line) > self._spare[workload]:
                self._write_anew(workload)
            else:
                self._append(workload, line)
        except OSError as error:
            _log.warning("memory-not-written", workload=workload, reason=str(error))

    def _of(self, workload: str) -> dict[str, dict[str, None]]:
        if workload not in self._names:
            self._load(workload)
        return self._names[workload]

    def _load(self, workload: str) -> None:
        lines, known = _lines(self._path(workload)), self._names.setdefault(workload, {})
        for type_url, names in _read(lines):
            of_type = known.setdefault(type_url, {})
            of_type.update(dict.fromkeys(names))
            _bound(of_type)
        live = len(self._whole(workload))
        self._spare[workload] = _allowed(live) - (sum(map(len, lines)) - live)
        if self._spare[workload] < 0:
            self._write(workload, b"")

    def _path(self, workload: str) -> Path:
        return self._folder / f"{workload.replace('/', '.')}.jsonl"

    def _append(self, workload: str, line: bytes) -> None:
        with open_private(self._path(workload)) as file:
            file.write(b"\n" * bool(file.tell()) + line)
        self._spare[workload] -= len(line)

    def _write_anew(self, workload: str) -> None:
        """All names that are known now, a line for each type."""
        whole = self._whole(workload)
        write_atomic(self._path(workload), whole)
        self._spare[workload] = _allowed(len(whole))

    def _whole(self, workload: str) -> bytes:
        return b"\n".join(_line(which, names) for which, names in self._names[workload].items())


def _allowed(live: int) -> int:
    """Bytes that may be outdated beside so many live ones."""
    return max(OUTDATED_AT_MOST, live)


def _line(type_url: str, names: Iterable[str]) -> bytes:
    return json.dumps({"schema": SCHEMA, "type": type_url, "names": list(names)}).encode()


def _bound(names: dict[str, None]) -> None:
    for name in list(names)[: max(0, len(names) - NAMES_AT_MOST)]:
        del names[name]


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")
    except OSError:
        return []


def _read(lines: Iterable[bytes]) -> Iterator[tuple[str, list[str]]]:
    for line in lines:
        try:
            record = json.loads(line)
            if record["schema"] == SCHEMA:
                yield str(record["type"]), [str(name) for name in record["names"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # a line that a crash tore; the names in it will be found again
