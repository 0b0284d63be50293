"""Prometheus' own parser reads what plane, agent and scraper write by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from gossamer.agent.metrics import metrics
from gossamer.agent.shapes import HostProxyStatus
from gossamer.contract.type_urls import CLUSTER
from gossamer.telemetry import prometheus
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.label_set import LabelSet
from gossamer.telemetry.meters import exposition, gauges
from gossamer.xds.stream.stream_stats import StreamStats

ODD = 'a"b\\c\nd'


def stream_stats() -> StreamStats:
    """A client that was sent something, refused it, and acknowledged late and early."""
    stats = StreamStats()
    stats.responses[CLUSTER] += 2
    stats.refused(CLUSTER)
    for seconds in (0.002, 0.3, 60.0):
        stats.took(seconds)
    return stats


def plane_text() -> str:
    """What the plane writes."""
    return exposition("plane", {ODD: stream_stats(), "shop/web": stream_stats()}) + gauges(
        {"gossamer_plane_proxies": 2.0}
    )


def agent_text() -> str:
    """What the agent writes."""
    row = HostProxyStatus(
        pod=ODD,
        workload="shop/web",
        pid=7,
        connected=True,
        served=True,
        synced=False,
        pending=2,
        rejected=[],
        certificate_expires="2031-01-01T12:00:00Z",
        envoy="LIVE",
        ready=True,
    )
    now = datetime(2031, 1, 1, tzinfo=UTC)
    return metrics([row], now) + exposition("agent", {"shop/web": stream_stats()})


def edge_text() -> str:
    """What the scraper writes of the calls between workloads."""
    line = LabelSet(Edge("source", f"shop/{ODD}", None, "web.shop.svc", "http", False))
    return prometheus.exposition({line: Counts(3, 0, 300, 900, {4.0: 2, 40.0: 1})})


TEXTS = pytest.mark.parametrize(
    "text", [plane_text(), agent_text(), edge_text()], ids=["plane", "agent", "edges"]
)


def families(text: str) -> list[Metric]:
    """Each metric as Prometheus understands it."""
    return list(text_string_to_metric_families(text))


@TEXTS
def test_every_sample_belongs_to_a_metric_of_a_known_type(text: str) -> None:
    """One TYPE a metric; no sample stands apart from its own; none comes twice."""
    read = families(text)
    assert len({each.name for each in read}) == len(read)
    assert {each.type for each in read} <= {"counter", "gauge", "histogram"}
    samples = [(s.name, tuple(sorted(s.labels.items()))) for each in read for s in each.samples]
    assert (
        len(set(samples)) == len(samples) == len([r for r in text.split("\n") if r and r[0] != "#"])
    )


@TEXTS
def test_odd_names_come_through_whole(text: str) -> None:
    """Quotes, backslashes and line ends in a name are read back as they were."""
    values = {value for each in families(text) for s in each.samples for value in s.labels.values()}
    assert ODD in values


@TEXTS
def test_histograms_add_up(text: str) -> None:
    """Buckets grow to +Inf, which is the count; all of one metric have the same bounds."""
    read = [each for each in families(text) if each.type == "histogram"]
    assert read
    for each in read:
        for buckets, count in _histograms(each):
            assert buckets == sorted(buckets)
            assert buckets[-1] == count


def _histograms(metric: Metric) -> Iterable[tuple[list[float], float]]:
    found: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for sample in metric.samples:
        labels = tuple(sorted(item for item in sample.labels.items() if item[0] != "le"))
        if sample.name.endswith(("_bucket", "_count")):
            found.setdefault(labels, []).append(sample.value)
    return [(values[:-1], values[-1]) for values in found.values()]
