"""What an agent tells the plane: totals that changed since it last listened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gossamer.telemetry.edge import NOTHING, Counts, Edge, highest
from gossamer.telemetry.shapes import CountsReport, Witnessed, edge_counts, evidence_counts

SCHEMA = 1


@dataclass(slots=True)
class Reporter:
    """Makes reports and remembers what was acknowledged. The first one is whole."""

    epoch: str
    totals: dict[Edge, Counts] = field(default_factory=dict)
    _acknowledged: dict[Edge, Counts] | None = None
    _evidence: dict[Witnessed, int] = field(default_factory=dict)
    _evidence_taken: dict[Witnessed, int] = field(default_factory=dict)

    def count(
        self, edges: Mapping[Edge, Counts], evidence: Mapping[Witnessed, int] | None = None
    ) -> None:
        """These are the totals now. One that seems to shrink stays as it was told before."""
        self._evidence = dict(evidence or {})
        for edge, counts in edges.items():
            self.totals[edge] = highest(self.totals.get(edge, NOTHING), counts)

    def report(self) -> CountsReport:
        """The next report: all edges if the plane must learn anew, else those that changed."""
        known = self._acknowledged
        rows = [
            edge_counts(edge, counts)
            for edge, counts in self.totals.items()
            if known is None or known.get(edge) != counts
        ]
        taken = {} if known is None else self._evidence_taken
        news = {key: n for key, n in self._evidence.items() if taken.get(key) != n}
        return CountsReport(SCHEMA, self.epoch, known is None, rows, evidence_counts(news))

    def acknowledged(self) -> None:
        """The plane took the last report."""
        self._acknowledged = dict(self.totals)
        self._evidence_taken = dict(self._evidence)

    def refused(self) -> None:
        """It did not: tell everything next time."""
        self._acknowledged = None
