"""What a workload used, remembered beyond its pods' lives.

A restarted workload then finds the hosts it calls in its proxy before its first request. One
file per workload, a JSON line per discovery; a torn last line is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gossamer.process.event_log import EventLog
from gossamer.process.private_files import open_private, private_folder

SCHEMA = 1
NAMES_AT_MOST = 1000
"""Names kept per workload and type; what was used first is forgotten first."""

_log = EventLog("gossamer.agent")


class Memory:
    """The names that workloads used, by workload (`NAMESPACE/NAME`) and type URL."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self._names: dict[str, dict[str, dict[str, None]]] = {}

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
        try:
            self._append(workload, {"schema": SCHEMA, "type": type_url, "names": names})
        except OSError as error:
            _log.warning("memory-not-written", workload=workload, reason=str(error))

    def _of(self, workload: str) -> dict[str, dict[str, None]]:
        if workload not in self._names:
            self._names[workload] = {}
            for type_url, names in _read(self._path(workload)):
                known = self._names[workload].setdefault(type_url, {})
                known.update(dict.fromkeys(names))
                _bound(known)
        return self._names[workload]

    def _path(self, workload: str) -> Path:
        return self._folder / f"{workload.replace('/', '.')}.jsonl"

    def _append(self, workload: str, record: Mapping[str, object]) -> None:
        with open_private(self._path(workload)) as file:
            file.write(b"\n" * bool(file.tell()) + json.dumps(record).encode())


def _bound(names: dict[str, None]) -> None:
    for name in list(names)[: max(0, len(names) - NAMES_AT_MOST)]:
        del names[name]


def _read(path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for text in lines:
        try:
            record = json.loads(text)
            if record["schema"] == SCHEMA:
                yield str(record["type"]), [str(name) for name in record["names"]]
        except (ValueError, KeyError, TypeError):
            continue  # a line that a crash tore; the names in it will be found again
