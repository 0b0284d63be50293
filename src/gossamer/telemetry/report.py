"""What an agent tells the plane: totals of edges that changed since it last listened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gossamer.telemetry.edge import NOTHING, Counts, Edge, highest
from gossamer.telemetry.shapes import CountsReport, edge_counts

SCHEMA = 1


@dataclass(slots=True)
class Reporter:
    """Makes reports and remembers what was acknowledged. The first one is whole."""

    epoch: str
    totals: dict[Edge, Counts] = field(default_factory=dict)
    _acknowledged: dict[Edge, Counts] | None = None

    def count(self, edges: Mapping[Edge, Counts]) -> None:
        """These are the totals now. One that seems to shrink stays as it was told before."""
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
        return CountsReport(SCHEMA, self.epoch, known is None, rows)

    def acknowledged(self) -> None:
        """The plane took the last report."""
        self._acknowledged = dict(self.totals)

    def refused(self) -> None:
        """It did not: tell everything next time."""
        self._acknowledged = None
