"""A host's totals: they grow over restarts of Envoys, of the agent, and over the end of pods.

For each proxy the last reading is kept, for each line the total. What a reading adds to its
predecessor is added to the total. Both are written down together, so an agent that comes back
goes on exactly where its predecessor wrote, whenever that was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gossamer.model.workload.workload_labels import WorkloadLabels
from gossamer.telemetry.edge import NOTHING, Counts, Edge, grown
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.label_set import LabelSet, Owner, OwnerOf, counted, line_of
from gossamer.telemetry.plan import Reading, Series
from gossamer.telemetry.shapes import (
    LineCounts,
    ReadingShape,
    SeriesShape,
    TallyShape,
    Witnessed,
    counted_evidence,
    counted_fields,
    edge_of,
    evidence_counts,
)

SCHEMA = 1
MOST_LINES = 20_000
MOST_EVIDENCE = 5_000
DATE_IS_OFF_BY_S = 3
"""Seconds by which two dates of one start may differ: whole seconds, and a slow answer.

An uptime alone would hide a restart that nobody saw for longer than the former Envoy had lived; a
process id alone, which is used again, one that nobody saw for long.
"""


@dataclass(slots=True)
class Tally:
    """Totals by line. `epoch` names this counting: totals of another one start at zero."""

    epoch: str
    lines: dict[LabelSet, Counts] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    evidence: dict[Witnessed, int] = field(default_factory=dict)

    def take(self, pod: str, owner: Owner, reading: Reading, owner_of: OwnerOf) -> None:
        """Add what a proxy counted since its last reading."""
        former = self._former(pod, reading)
        for series, counts in reading.series.items():
            more = counts.since(former.series.get(series, NOTHING))
            if more:
                line = line_of(series, owner, owner_of)
                self._add(self._known(line), counted(line, more))
        for each, count in reading.evidence.items():
            self._witness(owner.workload, each, grown(former.evidence.get(each, 0), count))
        self.readings[pod] = reading

    def _witness(self, workload: str, evidence: Evidence, count: int) -> None:
        """Add to what is known about TLS; addresses beyond the bound are counted together."""
        key = (workload, evidence)
        if key not in self.evidence and len(self.evidence) >= MOST_EVIDENCE:
            key = (workload, Evidence(What.BEYOND))
        if count:
            self.evidence[key] = self.evidence.get(key, 0) + count

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
        other = reading.pid and last.pid and reading.pid != last.pid
        dated = reading.began and last.began and reading.began - last.began > DATE_IS_OFF_BY_S
        return bool(other or dated) or reading.uptime < last.uptime

    def _former(self, pod: str, reading: Reading) -> Reading:
        known = pod in self.readings and not self.restarted(pod, reading)
        return self.readings[pod] if known else _NEVER_READ

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

    def shape(self) -> TallyShape:
        """What is written down."""
        return TallyShape(
            schema=SCHEMA,
            epoch=self.epoch,
            lines=[_line_shape(line, counts) for line, counts in self.lines.items()],
            readings={pod: _reading_shape(reading) for pod, reading in self.readings.items()},
            evidence=evidence_counts(self.evidence),
        )

    @classmethod
    def of(cls, written: TallyShape) -> Tally:
        """What was written down. Raises ValueError where it is of another schema."""
        if written.schema != SCHEMA:
            raise ValueError(f"schema {written.schema} is not {SCHEMA}")
        readings = {pod: _reading(shape) for pod, shape in written.readings.items()}
        lines, evidence = dict(map(_line, written.lines)), counted_evidence(written.evidence)
        return cls(written.epoch, lines, readings, evidence)


_NEVER_READ = Reading()


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


def _line_shape(line: LabelSet, counts: Counts) -> LineCounts:
    labels: dict[str, Any] = {name: getattr(line, name) for name in _WORDS}
    names: dict[str, Any] = {name: str(getattr(line, name)) for name in _NAMES}
    return LineCounts(**counted_fields(line.edge, counts), **labels, **names)


def _line(row: LineCounts) -> tuple[LabelSet, Counts]:
    edge, counts = edge_of(row)
    labels = {name: getattr(row, name) for name in _WORDS}
    names: dict[str, Any] = {name: WorkloadLabels.of(getattr(row, name)) for name in _NAMES}
    return LabelSet(edge, **labels, **names), counts


def _reading_shape(reading: Reading) -> ReadingShape:
    rows = [
        SeriesShape(
            reporter=series.reporter,
            protocol=series.protocol,
            tags=list(series.tags),
            requests=counts.requests,
            sent=counts.sent,
            received=counts.received,
            took=list(counts.milliseconds.items()),
        )
        for series, counts in reading.series.items()
    ]
    evidence = [(e.what, e.about, e.detail, count) for e, count in reading.evidence.items()]
    return ReadingShape(reading.uptime, reading.began, rows, reading.pid, evidence)


def _reading(shape: ReadingShape) -> Reading:
    series = dict(map(_series, shape.series))
    evidence = {Evidence(what, about, detail): n for what, about, detail, n in shape.evidence}
    return Reading(shape.uptime, series, {}, shape.began, shape.pid, evidence)


def _series(row: SeriesShape) -> tuple[Series, Counts]:
    series = Series(row.reporter, row.protocol, tuple(row.tags))
    return series, Counts(row.requests, 0, row.sent, row.received, dict(row.took))
