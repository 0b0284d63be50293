"""Reading what a proxy counted: Envoy's text and JSON in, counts per series out.

The names and tags are those that the compiler gives the stats access logger. Counters are read
as Prometheus text, because its labels can be told apart; histograms as JSON, because only there
are they fine-grained and without empty buckets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from gossamer.contract.cluster_names import OUTBOUND_STATS, parse_outbound
from gossamer.contract.edge_stats import (
    COUNTER_FAMILY,
    COUNTERS,
    DECISIONS,
    DECISIONS_FAMILY,
    DURATIONS,
    PLAINTEXT,
    PLAINTEXT_FAMILY,
    histogram_name,
)
from gossamer.telemetry.edge import Counts
from gossamer.telemetry.evidence.evidence import Evidence, arrival, decisions, handshake

_COUNTERS = (
    COUNTERS + rf"|{PLAINTEXT}|{DECISIONS}" + r"|^server\.uptime$"
    rf"|{OUTBOUND_STATS}(upstream_(cx_tx_bytes_total|cx_rx_bytes_total|rq_active)$"
    r"|ssl\.(curves|versions)\.)"
)
COUNTERS_PATH = f"/stats/prometheus?usedonly&filter={quote(_COUNTERS)}"
DURATIONS_PATH = f"/stats?format=json&usedonly&histogram_buckets=detailed&filter={quote(DURATIONS)}"

MOST_SERIES = 5_000
"""Per proxy. Far more than codes and callees make; a limit on what a bug may cost."""

_SAMPLE = re.compile(r"envoy_(\w+)\{(.*)\} (\d+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_FAMILY = re.compile(COUNTER_FAMILY)
_PLAINTEXT = re.compile(PLAINTEXT_FAMILY)
_DECISIONS = re.compile(DECISIONS_FAMILY)
_ABOUT_SECURITY = ("gossamer_plaintext_", "gossamer_authorization_", "cluster_ssl_")
_AGREED = re.compile(r"cluster_ssl_(curves|versions)_(\w+)")

Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One combination of tags that a proxy counts for, in Envoy's order of tags."""

    reporter: str
    protocol: str
    tags: Tags

    def histogram(self) -> str:
        """The full name under which Envoy keeps its durations."""
        tags = ".".join(f"{name}.{value}" for name, value in self.tags)
        return histogram_name(self.reporter, self.protocol, tags)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a cluster's connections have carried, open ones included."""

    sent: int = 0
    received: int = 0
    active: int = 0
    """Requests under way now."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one proxy had counted since it started, `uptime` seconds ago.

    `began` is that moment by the clock on the wall, to a second or two, and `pid` the process that
    answered; each is 0 where nobody looked.
    """

    uptime: int = 0
    series: Mapping[Series, Counts] = field(default_factory=dict)
    clusters: Mapping[str, Carried] = field(default_factory=dict)
    began: int = 0
    pid: int = 0
    evidence: Mapping[Evidence, int] = field(default_factory=dict)


def read(counters: str, durations: bytes) -> Reading:
    """The reading in the answers to COUNTERS_PATH and DURATIONS_PATH."""
    uptime, clusters = 0, dict[str, dict[str, int]]()
    series = dict[Series, dict[str, int]]()
    evidence = dict[Evidence, int]()
    for name, labels, value in _samples(counters):
        if family := _FAMILY.fullmatch(name):
            key = Series(family[1], family[2], labels)
            if key in series or len(series) < MOST_SERIES:
                series.setdefault(key, {})[family[3]] = value
        elif name == "server_uptime":
            uptime = value
        elif name.startswith(_ABOUT_SECURITY):
            for noted in _evidence(name, labels):
                evidence[noted] = evidence.get(noted, 0) + value
        else:
            clusters.setdefault(labels[0][1], {})[name] = value
    took = _histograms(durations)
    return Reading(
        uptime,
        {key: _counts(values, took.get(key.histogram(), {})) for key, values in series.items()},
        {name: _carried(values) for name, values in clusters.items()},
        evidence=evidence,
    )


def _evidence(name: str, labels: Tags) -> Iterator[Evidence]:
    """What a counter says about security; nothing if it is another one."""
    if plaintext := _PLAINTEXT.fullmatch(name):
        came = arrival(plaintext[1], dict(labels))
        yield from (came,) if came else ()
    elif _DECISIONS.fullmatch(name):
        yield from decisions(dict(labels))
    elif agreed := _AGREED.fullmatch(name):
        cluster = parse_outbound(labels[0][1])
        yield from (handshake(agreed[1], cluster.host, agreed[2]),) if cluster else ()


def _samples(text: str) -> Iterator[tuple[str, Tags, int]]:
    for line in text.splitlines():
        if sample := _SAMPLE.match(line):
            yield sample[1], _labels(sample[2]), int(sample[3])


@lru_cache(maxsize=20_000)
def _labels(block: str) -> Tags:
    """The labels; the same text comes every second from every proxy."""
    return tuple((name, _unescaped(value)) for name, value in _LABEL.findall(block))


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], value)


def _counts(values: Mapping[str, int], took: Mapping[float, int]) -> Counts:
    requests = values.get("requests", values.get("connections", 0))
    sent, received = values.get("sent_bytes", 0), values.get("received_bytes", 0)
    return Counts(requests, 0, sent, received, took)


def _carried(values: Mapping[str, int]) -> Carried:
    return Carried(
        values.get("cluster_upstream_cx_tx_bytes_total", 0),
        values.get("cluster_upstream_cx_rx_bytes_total", 0),
        values.get("cluster_upstream_rq_active", 0),
    )


def _histograms(answer: bytes) -> dict[str, dict[float, int]]:
    """Counts by duration, by full name."""
    by_name: dict[str, dict[float, int]] = {}
    for stat in json.loads(answer)["stats"]:
        for each in stat.get("histograms", {}).get("details", ()):
            by_name[each["name"]] = {_middle(bin_): int(bin_["count"]) for bin_ in each["totals"]}
    return by_name


def _middle(bin_: Mapping[str, Any]) -> float:
    """The middle of the whole milliseconds that fall into a bucket."""
    lower, width = float(bin_["lower_bound"]), float(bin_["width"])
    return lower + max(0.0, width - 1) / 2
