"""A host's totals: they grow over restarts of Envoys, of the agent, and over the end of pods.

For each proxy the last reading is kept, for each line the total. What a reading adds to its
predecessor is added to the total. Both are written down together, so an agent that comes back
goes on exactly where its predecessor wrote, whenever that was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gossamer.model.workload.workload_labels import WorkloadLabels
from gossamer.telemetry.edge import NOTHING, Counts, Edge, as_json, from_json
from gossamer.telemetry.label_set import LabelSet, Owner, OwnerOf, counted, line_of
from gossamer.telemetry.plan import Reading, Series

SCHEMA = 1
MOST_LINES = 20_000
DATE_IS_OFF_BY_S = 3
"""Seconds by which two dates of one start may differ: whole seconds, and a slow answer.

An uptime alone would hide a restart that nobody saw for longer than the former Envoy had lived.
"""


@dataclass(slots=True)
class Tally:
    """Totals by line. `epoch` names this counting: totals of another one start at zero."""

    epoch: str
    lines: dict[LabelSet, Counts] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def take(self, pod: str, owner: Owner, reading: Reading, owner_of: OwnerOf) -> None:
        """Add what a proxy counted since its last reading."""
        former = self._former(pod, reading)
        for series, counts in reading.series.items():
            grown = counts.since(former.get(series, NOTHING))
            if grown:
                line = line_of(series, owner, owner_of)
                self._add(self._known(line), counted(line, grown))
        self.readings[pod] = reading

    def _add(self, line: LabelSet, counts: Counts) -> None:
        self.lines[line] = self.lines.get(line, NOTHING).plus(counts)

    def settle(self, edge: Edge, counts: Counts) -> None:
        """Add what is known of an edge alone."""
        self._add(self._known(LabelSet(edge)), counts)

    def restarted(self, pod: str, reading: Reading) -> bool:
        """Whether a proxy's Envoy is another one than at its last reading."""
        last = self.readings.get(pod)
        if last is None:
            return False
        dated = reading.began and last.began and reading.began - last.began > DATE_IS_OFF_BY_S
        return reading.uptime < last.uptime or bool(dated)

    def _former(self, pod: str, reading: Reading) -> Mapping[Series, Counts]:
        known = pod in self.readings and not self.restarted(pod, reading)
        return self.readings[pod].series if known else {}

    def _known(self, line: LabelSet) -> LabelSet:
        crowded = line not in self.lines and len(self.lines) >= MOST_LINES
        return line.plain() if crowded else line

    def forget(self, pod: str) -> None:
        """A pod is gone; what it counted stays in the totals."""
        self.readings.pop(pod, None)

    def edges(self) -> dict[Edge, Counts]:
        """Totals by edge."""
        totals: dict[Edge, Counts] = {}
        for line, counts in self.lines.items():
            totals[line.edge] = totals.get(line.edge, NOTHING).plus(counts)
        return totals

    def as_json(self) -> dict[str, Any]:
        """What is written down."""
        return {
            "schema": SCHEMA,
            "epoch": self.epoch,
            "lines": [_line_json(line, counts) for line, counts in self.lines.items()],
            "readings": {pod: _reading_json(reading) for pod, reading in self.readings.items()},
        }

    @classmethod
    def of_json(cls, written: Mapping[str, Any]) -> Tally:
        """What was written down. Raises ValueError, KeyError or TypeError on anything else."""
        if written["schema"] != SCHEMA:
            raise ValueError(f"schema {written['schema']!r} is not {SCHEMA}")
        lines = dict(_line_of_json(row) for row in written["lines"])
        readings = {pod: _reading_of_json(row) for pod, row in written["readings"].items()}
        return cls(str(written["epoch"]), lines, readings)


_WORDS = (
    "source_principal",
    "destination_principal",
    "service_name",
    "service_namespace",
    "code",
    "grpc",
    "flags",
)
_NAMES = ("source_names", "destination_names")


def _line_json(line: LabelSet, counts: Counts) -> dict[str, Any]:
    labels = {name: getattr(line, name) for name in _WORDS}
    names = {name: str(getattr(line, name)) for name in _NAMES}
    return as_json(line.edge, counts) | labels | names


def _line_of_json(row: Mapping[str, Any]) -> tuple[LabelSet, Counts]:
    edge, counts = from_json(row)
    labels = {name: str(row[name]) for name in _WORDS}
    names = {name: WorkloadLabels.of(str(row.get(name, ""))) for name in _NAMES}
    return LabelSet(edge, **labels, **names), counts  # type: ignore[arg-type]


def _reading_json(reading: Reading) -> dict[str, Any]:
    rows = [
        [s.reporter, s.protocol, s.tags, c.requests, c.sent, c.received, _pairs(c)]
        for s, c in reading.series.items()
    ]
    return {"uptime": reading.uptime, "began": reading.began, "series": rows}


def _pairs(counts: Counts) -> list[tuple[float, int]]:
    return list(counts.milliseconds.items())


def _reading_of_json(row: Mapping[str, Any]) -> Reading:
    series = dict(_series_of_json(row["series"]))
    return Reading(int(row["uptime"]), series, began=int(row.get("began", 0)))


def _series_of_json(rows: Any) -> Iterator[tuple[Series, Counts]]:
    for reporter, protocol, tags, requests, sent, received, took in rows:
        series = Series(reporter, protocol, tuple((name, value) for name, value in tags))
        yield series, Counts(requests, 0, sent, received, {float(ms): n for ms, n in took})
