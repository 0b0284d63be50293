"""What an agent reports of edges, and what it writes down, as JSON has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from gossamer.telemetry.edge import LONGEST_NAME, MOST_BUCKETS, BadCounts, Counts, Edge
from gossamer.telemetry.evidence.evidence import Evidence, What

MOST_EDGES = 50_000
"""More edges than a mesh has; a name that runs wild must not take the plane's memory."""

Witnessed = tuple[str, Evidence]
"""The workload `NAMESPACE/NAME` whose proxies counted, and what."""

Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class EdgeCounts(Struct, frozen=True, kw_only=True):
    """The totals of an edge; durations are counted by milliseconds, written as text."""

    reporter: Literal["source", "destination"]
    source: Name
    destination: Name | None
    service: Name
    protocol: Literal["http", "grpc", "tcp"]
    mtls: bool
    requests: Count
    failed: Count
    sent: Count
    received: Count
    milliseconds: Annotated[dict[str, Count], Meta(max_length=MOST_BUCKETS)] = {}


class EvidenceCount(Struct, frozen=True, array_like=True):
    """What the proxies of a workload counted about TLS; `what` is a `What`."""

    workload: Name
    what: What
    about: Name
    detail: Name
    count: Count


class CountsReport(Struct, frozen=True):
    """What an agent tells the plane; `whole` says that nothing is left out."""

    schema: int
    epoch: Name
    whole: bool
    edges: Annotated[list[EdgeCounts], Meta(max_length=MOST_EDGES)]
    evidence: Annotated[list[EvidenceCount], Meta(max_length=MOST_EDGES)] = []


@dataclass(frozen=True, slots=True)
class Totals:
    """A report as it was read."""

    whole: bool
    epoch: str
    edges: Mapping[Edge, Counts]
    evidence: Mapping[Witnessed, int]


class LineCounts(EdgeCounts, frozen=True, kw_only=True):
    """The totals of a LabelSet."""

    source_principal: str
    destination_principal: str
    service_name: str
    service_namespace: str
    code: str
    grpc: str
    flags: str
    source_names: str = ""
    destination_names: str = ""


class SeriesShape(Struct, frozen=True, array_like=True):
    """A proxy's counters by their tags, as last read; `took` is milliseconds with their counts."""

    reporter: str
    protocol: str
    tags: list[tuple[str, str]]
    requests: int
    sent: int
    received: int
    took: list[tuple[float, int]]


class ReadingShape(Struct, frozen=True):
    """What a proxy had counted."""

    uptime: int
    began: int = 0
    series: list[SeriesShape] = []
    pid: int = 0
    evidence: list[tuple[What, str, str, int]] = []


class TallyShape(Struct, frozen=True):
    """A host's totals with the readings that they are of."""

    schema: int
    epoch: str
    lines: list[LineCounts]
    readings: dict[str, ReadingShape]
    evidence: list[EvidenceCount] = []


class ReportTaken(Struct, frozen=True):
    """The plane's answer to a report."""


def edge_counts(edge: Edge, counts: Counts) -> EdgeCounts:
    """A row of a report."""
    return EdgeCounts(**counted_fields(edge, counts))


def evidence_counts(evidence: Mapping[Witnessed, int]) -> list[EvidenceCount]:
    """Rows of a report."""
    return [
        EvidenceCount(workload, each.what, each.about, each.detail, count)
        for (workload, each), count in evidence.items()
    ]


def counted_evidence(rows: Iterable[EvidenceCount]) -> dict[Witnessed, int]:
    """What such rows say."""
    return {(row.workload, Evidence(row.what, row.about, row.detail)): row.count for row in rows}


def counted_fields(edge: Edge, counts: Counts) -> dict[str, Any]:
    """The fields of a row by name."""
    return {
        "reporter": edge.reporter,
        "source": edge.source,
        "destination": edge.destination,
        "service": edge.service,
        "protocol": edge.protocol,
        "mtls": edge.mtls,
        "requests": counts.requests,
        "failed": counts.failed,
        "sent": counts.sent,
        "received": counts.received,
        "milliseconds": {f"{value:g}": count for value, count in counts.milliseconds.items()},
    }


def counted_edges(rows: Iterable[EdgeCounts]) -> Mapping[Edge, Counts]:
    """The edges with their totals. Raises BadCounts."""
    return dict(map(edge_of, rows))


def edge_of(row: EdgeCounts) -> tuple[Edge, Counts]:
    """The edge and the totals of a row. Raises BadCounts where a duration is no number."""
    edge = Edge(row.reporter, row.source, row.destination, row.service, row.protocol, row.mtls)
    took = {_milliseconds(text): count for text, count in row.milliseconds.items()}
    return edge, Counts(row.requests, row.failed, row.sent, row.received, took)


def _milliseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0:
        raise BadCounts(f"milliseconds has the key {text!r:.80}, not a number of 0 or more")
    return value
