"""What plane and agent count of their streams, as Prometheus reads it."""

from __future__ import annotations

from gossamer.contract.type_urls import CLUSTER
from gossamer.telemetry.meters import by_client, exposition, gauges
from gossamer.xds.events import Send
from gossamer.xds.frame import frame_absent
from gossamer.xds.stream.stream_stats import BEYOND, StreamStats


def test_a_clients_counts_are_told_by_type() -> None:
    """One line per counter, client and type; types by their short name."""
    meter = StreamStats()
    meter.sent(Send(CLUSTER, "1", (frame_absent("a"), frame_absent("b")), ("c",)), 100)
    meter.refused(CLUSTER)
    text = exposition("plane", {"default/web-1": meter})
    labels = '{client="default/web-1",type="Cluster"}'
    for name, count in (
        ("responses", 1),
        ("resources", 2),
        ("removals", 1),
        ("sent_bytes", 100),
        ("rejections", 1),
    ):
        assert f"gossamer_plane_xds_{name}_total{labels} {count}\n" in text


def test_delays_are_a_histogram() -> None:
    """Buckets add up, the sum is exact, and what took longer than all bounds is counted."""
    meter = StreamStats()
    for seconds in (0.002, 0.002, 0.3, 60.0):
        meter.took(seconds)
    assert meter.delays[BEYOND] == 1
    text = exposition("agent", {"a/b": meter})
    name = "gossamer_agent_xds_change_to_ack_seconds"
    assert f'{name}_bucket{{client="a/b",le="0.001"}} 0\n' in text
    assert f'{name}_bucket{{client="a/b",le="0.0025"}} 2\n' in text
    assert f'{name}_bucket{{client="a/b",le="0.5"}} 3\n' in text
    assert f'{name}_bucket{{client="a/b",le="+Inf"}} 4\n' in text
    assert f'{name}_sum{{client="a/b"}} 60.304000\n' in text


def test_single_numbers_have_no_labels() -> None:
    """A gauge is its name and its value."""
    assert gauges({"x": 2.0}) == "# TYPE x gauge\nx 2\n"


def test_a_number_of_each_client_names_it() -> None:
    """One line a client, under a meaning."""
    text = by_client("x", "Some number", {"a/c": 1.0, "a/b": 0.0})
    assert text.splitlines() == [
        "# HELP x Some number",
        "# TYPE x gauge",
        'x{client="a/b"} 0',
        'x{client="a/c"} 1',
    ]
