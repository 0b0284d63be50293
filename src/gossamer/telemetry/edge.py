"""The nouns of counting: an edge between two workloads, and the totals that it has reached.

Totals only grow. Whoever wants a rate subtracts an older total from a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

SOURCE, DESTINATION = "source", "destination"
REPORTERS = (SOURCE, DESTINATION)
PROTOCOLS = ("http", "grpc", "tcp")

UNKNOWN = "unknown"
"""The source of calls that came without mTLS to a proxy: their caller is unknown."""

LONGEST_NAME = 512
MOST_BUCKETS = 2000


class BadCounts(ValueError):
    """A row of counts that cannot be what an agent reports; says which part."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Who talks to whom, as one side counts it.

    `source` and `destination` are workloads `NAMESPACE/NAME`; destination is None where no
    instance was reached. A source without a proxy is `unknown`, or its SPIFFE id.
    """

    reporter: str
    source: str
    destination: str | None
    service: str
    protocol: str
    mtls: bool


Histogram = Mapping[float, int]
"""Counts by duration in milliseconds (a bucket's middle)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of an edge. Bytes are as the caller's side sees them: sent is what it sent.

    For TCP a request is a connection, and nothing is `failed`.
    """

    requests: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0
    milliseconds: Histogram = field(default_factory=dict)

    def plus(self, more: Counts) -> Counts:
        """The sum."""
        return Counts(
            self.requests + more.requests,
            self.failed + more.failed,
            self.sent + more.sent,
            self.received + more.received,
            summed(self.milliseconds, more.milliseconds),
        )

    def since(self, former: Counts) -> Counts:
        """What was added since `former`. A total that went back began anew: all of it is new."""
        return Counts(
            grown(former.requests, self.requests),
            grown(former.failed, self.failed),
            grown(former.sent, self.sent),
            grown(former.received, self.received),
            growth(former.milliseconds, self.milliseconds),
        )

    def scaled(self, share: float) -> Counts:
        """The numbers times `share` and rounded; durations stay."""
        return replace(
            self,
            requests=round(self.requests * share),
            failed=round(self.failed * share),
            sent=round(self.sent * share),
            received=round(self.received * share),
        )

    def __bool__(self) -> bool:
        """Whether anything was counted."""
        return bool(self.requests or self.sent or self.received or self.milliseconds)


NOTHING = Counts()


def highest(one: Counts, other: Counts) -> Counts:
    """The larger of each number: totals that only grow are told by whoever saw more."""
    return Counts(
        max(one.requests, other.requests),
        max(one.failed, other.failed),
        max(one.sent, other.sent),
        max(one.received, other.received),
        {
            value: max(one.milliseconds.get(value, 0), other.milliseconds.get(value, 0))
            for value in {**one.milliseconds, **other.milliseconds}
        },
    )


def grown(former: int, now: int) -> int:
    """How much a counter grew, which starts at zero again when its process does."""
    return now if now < former else now - former


def growth(former: Histogram, now: Histogram) -> dict[float, int]:
    """How much each bucket grew."""
    deltas = {value: grown(former.get(value, 0), count) for value, count in now.items()}
    return {value: count for value, count in deltas.items() if count}


def summed(one: Histogram, other: Histogram) -> dict[float, int]:
    """Both together."""
    total = dict(one)
    for value, count in other.items():
        total[value] = total.get(value, 0) + count
    return total


def percentile(histogram: Histogram, percent: float) -> float | None:
    """Nearest rank; None without a count."""
    wanted = sum(histogram.values()) * percent / 100
    seen = 0
    for value in sorted(histogram):
        seen += histogram[value]
        if seen >= wanted and seen:
            return value
    return None


def as_json(edge: Edge, counts: Counts) -> dict[str, Any]:
    """A row of a report."""
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


def from_json(row: Any) -> tuple[Edge, Counts]:
    """The edge and totals of a row. Raises BadCounts: what a socket says is not believed."""
    if not isinstance(row, dict):
        raise BadCounts(f"a row is {type(row).__name__}, not an object")
    edge = Edge(
        _one_of(row, "reporter", REPORTERS),
        _name(row, "source"),
        None if row.get("destination") is None else _name(row, "destination"),
        _name(row, "service"),
        _one_of(row, "protocol", PROTOCOLS),
        row.get("mtls") is True,
    )
    return edge, Counts(
        _count(row, "requests"),
        _count(row, "failed"),
        _count(row, "sent"),
        _count(row, "received"),
        _histogram(row.get("milliseconds", {})),
    )


def _one_of(row: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    if row.get(key) not in known:
        raise BadCounts(f"{key} is {row.get(key)!r:.80}, not one of {', '.join(known)}")
    return str(row[key])


def _name(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise BadCounts(f"{key} is {value!r:.80}, not a name of at most {LONGEST_NAME} letters")
    return value


def _count(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise BadCounts(f"{key} is {value!r:.80}, not a count")
    return value


def _histogram(value: Any) -> dict[float, int]:
    if not isinstance(value, dict) or len(value) > MOST_BUCKETS:
        raise BadCounts(f"milliseconds is not an object of at most {MOST_BUCKETS} buckets")
    try:
        return {float(key): _count(value, key) for key in value}
    except ValueError as error:
        raise BadCounts(f"milliseconds: {error}") from error
