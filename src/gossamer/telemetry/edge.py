"""The nouns of counting: an edge between two workloads, and the totals that it has reached.

Totals only grow. Whoever wants a rate subtracts an older total from a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
