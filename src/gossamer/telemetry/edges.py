"""The plane's short-term store of edges, fed by agents, read by `traffic` and the console.

Agents report totals, so a lost report costs nothing. The first report of an agent must be a
whole one: it is the mark from which growth is measured. A plane that restarted says no to a
partial report, and the agent answers with a whole one. An agent that lost its own totals starts
at zero under another epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from gossamer.telemetry.edge import NOTHING, BadCounts, Counts, Edge, highest
from gossamer.telemetry.rows import EdgeRow, Sighting, rows_of
from gossamer.telemetry.shapes import (
    MOST_EDGES,
    CountsReport,
    Totals,
    counted_edges,
    counted_evidence,
)
from gossamer.telemetry.window import Window
from gossamer.xds.stream.session import MalformedRequest, StreamRefused

SCHEMA = 1
AGENTS_COME_S = 5.0
"""Seconds in which the agents of a plane that began anew are back; they report each second."""


@dataclass(slots=True)
class _Agent:
    """What an agent said last."""

    at: float
    epoch: str
    totals: dict[Edge, Counts] = field(default_factory=dict)


class Edges:
    """All edges of the mesh, summed over agents. Totals last as long as the plane's process."""

    def __init__(self) -> None:
        self._agents: dict[str, _Agent] = {}
        self._totals: dict[Edge, Counts] = {}
        self._windows: dict[Edge, Window] = {}
        self._first_asked: float | None = None

    def known(self, now: float) -> bool:
        """Whether an agent told its totals, or none did so long after this was first asked.

        Until then a plane that has just begun would tell of no traffic where there is much.
        """
        if self._first_asked is None:
            self._first_asked = now
        return bool(self._agents) or now - self._first_asked >= AGENTS_COME_S

    def take(self, request: bytes, agent: str, now: float) -> Totals:
        """Take a report and say what was in it.

        StreamRefused if it cannot be read, or if a whole one is needed first.
        """
        report = _read(request)
        known = self._agents.get(agent)
        if known is not None:
            self._advance(known, report, now)
        elif report.whole:
            self._begin(agent, report, now)
        else:
            raise StreamRefused(
                f"{agent} is new here, so its partial report is refused; send all edges"
            )
        return report

    def rows(self, now: float) -> list[EdgeRow]:
        """The edges of now, in the shape of `gossamer traffic -o json`."""
        sightings = (Sighting(e, total, self._windows[e]) for e, total in self._totals.items())
        return rows_of(sightings, now)

    def _begin(self, agent: str, report: Totals, now: float) -> None:
        """A first report: totals without rates, for nobody knows when they grew."""
        self._agents[agent] = _Agent(now, report.epoch, dict(report.edges))
        for edge, counts in report.edges.items():
            self._add(edge, counts)

    def _advance(self, agent: _Agent, report: Totals, now: float) -> None:
        if report.epoch != agent.epoch:
            agent.epoch, agent.totals = report.epoch, {}
        for edge, counts in report.edges.items():
            former = agent.totals.get(edge, NOTHING)
            agent.totals[edge] = highest(former, counts)
            grown = agent.totals[edge].since(former)
            if grown and self._add(edge, grown):
                self._windows[edge].add(grown, agent.at, now)
        agent.at = now

    def _add(self, edge: Edge, counts: Counts) -> bool:
        """Add to a total; False if the edge is one too many."""
        if edge not in self._totals:
            if len(self._totals) >= MOST_EDGES:
                return False
            self._totals[edge], self._windows[edge] = NOTHING, Window()
        self._totals[edge] = self._totals[edge].plus(counts)
        return True


def _read(request: bytes) -> Totals:
    try:
        report = msgspec.json.decode(request, type=CountsReport)
        if report.schema != SCHEMA:
            raise BadCounts(f"schema is {report.schema}, not {SCHEMA}")
        edges, evidence = counted_edges(report.edges), counted_evidence(report.evidence)
        return Totals(report.whole, report.epoch, edges, evidence)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(
            f"a report of counts cannot be read ({error!s:.200}), so it is not counted; "
            "is the agent of another version than the plane?"
        ) from error
