"""What load to make, and what came of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gossamer.apps.client.exchange import Headers

MOST_CONNECTIONS = 256
MOST_SAMPLES = 100_000


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Requests at `rate` per second (0: as fast as `connections` allow) to one URL.

    It ends after `seconds` or after `count` requests, whichever comes first. Answers are counted
    by each of `fields`: a key of a JSON body (`a.b` for nested ones), else `field: value` in text.
    """

    url: str
    rate: float = 10.0
    seconds: float = 10.0
    connections: int = 4
    count: int | None = None
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""
    timeout_s: float = 10.0
    protocol: str = "http/1.1"
    connect: str | None = None
    fields: tuple[str, ...] = ("podname",)


@dataclass(slots=True)
class LoadTally:
    """Grows while a load runs; a report is made of it at any time."""

    by_status: Counter[str] = field(default_factory=Counter)
    by_field: dict[str, Counter[str]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    received_bytes: int = 0
    replaced: int = 0

    def answered(self, status: int, body: bytes, ms: float, fields: Iterable[str]) -> None:
        """Count one answer."""
        self.by_status[str(status)] += 1
        self.received_bytes += len(body)
        if len(self.latencies_ms) < MOST_SAMPLES:
            self.latencies_ms.append(ms)
        for name in fields:
            value = field_of(body, name)
            if value is not None:
                self.by_field.setdefault(name, Counter())[value] += 1

    def report(self, seconds: float) -> LoadReport:
        """What is known after so many seconds."""
        fields = {name: dict(counts) for name, counts in self.by_field.items()}
        total = sum(self.by_status.values()) + sum(self.errors.values())
        return LoadReport(
            requests=total,
            by_status=dict(sorted(self.by_status.items())),
            by_field=fields,
            errors=dict(self.errors),
            p50_ms=percentile(self.latencies_ms, 50),
            p90_ms=percentile(self.latencies_ms, 90),
            p99_ms=percentile(self.latencies_ms, 99),
            seconds=round(seconds, 3),
            requests_per_second=round(total / seconds, 2) if seconds > 0 else 0.0,
            received_bytes=self.received_bytes,
            replaced_connections=self.replaced,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Counts by status, by body field and by kind of error; latencies in milliseconds.

    `replaced_connections`: kept ones that broke before their next answer began; the call was
    repeated on a new one, so it is no error.
    """

    requests: int
    by_status: Mapping[str, int]
    by_field: Mapping[str, Mapping[str, int]]
    errors: Mapping[str, int]
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    seconds: float
    requests_per_second: float
    received_bytes: int
    replaced_connections: int = 0

    @property
    def success_rate(self) -> float | None:
        """The share of answers below 500 among all requests; None without any."""
        good = sum(count for status, count in self.by_status.items() if status < "5")
        return good / self.requests if self.requests else None

    def as_json(self) -> dict[str, Any]:
        """The shape of `-o json`."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"success_rate": self.success_rate}

    def summary(self) -> str:
        """A few lines for people."""
        rate = f"{self.requests_per_second:g}/s over {self.seconds:g} s"
        lines = [f"{self.requests} requests, {rate}, {self.received_bytes} bytes"]
        lines += [f"  status {status}: {count}" for status, count in self.by_status.items()]
        lines += [f"  error {kind}: {count}" for kind, count in self.errors.items()]
        for name, counts in self.by_field.items():
            lines += [f"  {name} {value}: {count}" for value, count in sorted(counts.items())]
        if self.p50_ms is not None:
            lines.append(f"  p50 {self.p50_ms} ms, p90 {self.p90_ms} ms, p99 {self.p99_ms} ms")
        return "\n".join(lines)


def field_of(body: bytes, name: str) -> str | None:
    """A field of an answer: by path in a JSON object, else `name: value` in the text."""
    if body[:1] == b"{":
        try:
            value: Any = json.loads(body)
        except ValueError:
            return None
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return None if value is None else str(value)
    field = re.search(rf"\b{re.escape(name)}: *([^\s,]+)".encode(), body[:4096])
    return field[1].decode("utf-8", "replace") if field else None


def percentile(values: list[float], percent: float) -> float | None:
    """Nearest rank, to a hundredth; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(0, min(len(ordered) - 1, round(percent / 100 * len(ordered) + 0.5) - 1))
    return round(ordered[rank], 2)
