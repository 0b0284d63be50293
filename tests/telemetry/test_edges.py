"""The plane's store: totals from cumulative reports, rates from the last seconds."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from gossamer.process.shape import as_words
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.shapes import edge_counts
from gossamer.xds.stream.session import StreamRefused

EDGE = Edge("source", "shop/page", "shop/reviews", "reviews.shop.svc", "http", True)


def report(
    counts: Counts, edge: Edge = EDGE, whole: bool = False, epoch: str = "e", **more: Any
) -> bytes:
    """A report of one edge."""
    rows = [{**as_words(edge_counts(edge, counts)), **more}]
    return json.dumps({"schema": 1, "epoch": epoch, "whole": whole, "edges": rows}).encode()


def whole(*rows: tuple[Edge, Counts]) -> bytes:
    """A whole report of several edges."""
    told = [as_words(edge_counts(edge, counts)) for edge, counts in rows]
    return json.dumps({"schema": 1, "epoch": "e", "whole": True, "edges": told}).encode()


def steady(edges: Edges, seconds: int, per_second: int = 50) -> None:
    """Second by second so many requests of 100 bytes there, 300 back, 4 ms, from second 100."""
    for second in range(seconds + 1):
        n = second * per_second
        edges.take(
            report(Counts(n, 0, n * 100, n * 300, {4.0: n}), whole=not second), "a", 100 + second
        )


def test_steady_traffic_has_its_rates() -> None:
    """Requests, bytes both ways and latencies are those of the last ten seconds."""
    edges = Edges()
    steady(edges, 15)
    (row,) = edges.rows(115.5)
    assert row.requests_total == 750
    assert row.requests_per_second == pytest.approx(50)
    assert row.sent_bytes_per_second == pytest.approx(5000)
    assert row.received_bytes_per_second == pytest.approx(15000)
    assert (row.p50_ms, row.p99_ms, row.success_rate) == (4.0, 4.0, 1.0)


def test_the_row_has_the_fields_that_programs_read() -> None:
    """The shape of `traffic -o json` is a promise."""
    edges = Edges()
    steady(edges, 2)
    (row,) = edges.rows(103)
    assert set(msgspec.to_builtins(row)) >= {
        "source",
        "destination",
        "destination_service",
        "protocol",
        "requests_total",
        "requests_per_second",
        "success_rate",
        "p50_ms",
        "p90_ms",
        "p99_ms",
        "sent_bytes_total",
        "received_bytes_total",
        "sent_bytes_per_second",
        "received_bytes_per_second",
        "window_s",
        "mtls",
    }


def test_silence_ends_rates_but_not_what_is_known() -> None:
    """When nothing happens rates are zero; success and latency are those of all time."""
    edges = Edges()
    steady(edges, 5)
    (row,) = edges.rows(200)
    assert (row.requests_per_second, row.requests_total) == (0.0, 250)
    assert (row.p50_ms, row.success_rate) == (4.0, 1.0)


def test_a_late_report_is_spread_over_the_time_it_tells_of() -> None:
    """Five seconds' worth in one report is no burst."""
    edges = Edges()
    edges.take(report(Counts(), whole=True), "a", 100)
    edges.take(report(Counts(requests=100)), "a", 120)
    assert edges.rows(120.0)[0].requests_per_second == pytest.approx(5)


def test_a_new_plane_wants_a_whole_report_and_shows_no_burst() -> None:
    """Totals of before are totals, not traffic of this second."""
    edges = Edges()
    with pytest.raises(StreamRefused, match="partial"):
        edges.take(report(Counts(requests=1000)), "a", 100)
    edges.take(report(Counts(requests=1000), whole=True), "a", 101)
    row = edges.rows(102)[0]
    assert (row.requests_total, row.requests_per_second) == (1000, 0.0)


def test_an_agent_that_lags_behind_itself_takes_nothing_back() -> None:
    """Totals that shrink within an epoch change nothing; a new epoch counts from zero."""
    edges = Edges()
    edges.take(report(Counts(requests=100), whole=True), "a", 100)
    edges.take(report(Counts(requests=90)), "a", 101)
    edges.take(report(Counts(requests=101)), "a", 102)
    assert edges.rows(103)[0].requests_total == 101
    edges.take(report(Counts(requests=7), epoch="f", whole=True), "a", 103)
    assert edges.rows(104)[0].requests_total == 108


def test_agents_add_up() -> None:
    """Replicas on two hosts are one edge."""
    edges = Edges()
    edges.take(report(Counts(requests=3), whole=True), "a", 100)
    edges.take(report(Counts(requests=4), whole=True), "b", 100)
    assert edges.rows(101)[0].requests_total == 7


def test_both_sides_of_a_call_are_one_row() -> None:
    """What the caller's proxy counted is not told again by the called one."""
    called = Edge("destination", "shop/page", "shop/reviews", "reviews.shop.svc", "http", True)
    edges = Edges()
    edges.take(whole((EDGE, Counts(5)), (called, Counts(5))), "a", 100)
    assert [row.reporter for row in edges.rows(101)] == ["source"]


def test_a_caller_without_a_proxy_is_shown() -> None:
    """Plaintext calls nobody else counted come from `unknown`."""
    called = Edge("destination", "unknown", "shop/reviews", "reviews.shop.svc", "http", False)
    edges = Edges()
    edges.take(whole((EDGE, Counts(5)), (called, Counts(8))), "a", 100)
    assert [(row.source, row.requests_total) for row in edges.rows(101)] == [
        ("shop/page", 5),
        ("unknown", 8),
    ]


def test_plaintext_of_a_caller_with_a_proxy_is_not_shown_twice() -> None:
    """Of plaintext calls the unknown ones are those that no caller's proxy counted."""
    plain = Edge("source", "shop/page", "shop/reviews", "reviews.shop.svc", "http", False)
    called = Edge("destination", "unknown", "shop/reviews", "reviews.shop.svc", "http", False)
    edges = Edges()
    edges.take(whole((plain, Counts(98)), (called, Counts(100))), "a", 100)
    assert [row.source for row in edges.rows(101)] == ["shop/page"]


def test_calls_that_failed_before_the_handshake_belong_to_the_edge() -> None:
    """A refused connection spoke no mTLS, and still is a failure of the edge that does."""
    refused = Edge("source", "shop/page", "shop/reviews", "reviews.shop.svc", "http", False)
    edges = Edges()
    edges.take(whole((EDGE, Counts(6)), (refused, Counts(2, 2))), "a", 100)
    (row,) = edges.rows(101)
    assert (row.mtls, row.requests_total, row.success_rate) == (True, 8, 0.75)


def test_tcp_has_no_success_rate() -> None:
    """A connection that ended is neither good nor bad."""
    tcp = Edge("source", "shop/page", "shop/echo", "echo.shop.svc", "tcp", True)
    edges = Edges()
    edges.take(whole((tcp, Counts(1, 0, 10, 20))), "a", 100)
    assert edges.rows(101)[0].success_rate is None


@pytest.mark.parametrize(
    "row",
    [
        {"requests": -1},
        {"requests": True},
        {"protocol": "carrier pigeon"},
        {"source": None},
        {"service": "x" * 600},
        {"milliseconds": {"soon": 1}},
        {"milliseconds": {"1": "1"}},
    ],
)
def test_a_report_that_cannot_be_is_refused(row: dict[str, Any]) -> None:
    """Nothing of it is counted, and the agent is told what is wrong."""
    edges = Edges()
    with pytest.raises(StreamRefused, match=next(iter(row))):
        edges.take(report(Counts(1), whole=True, **row), "a", 100)
    assert edges.rows(101) == []


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"schema": 2}', b"\xff"])
def test_garbage_is_refused(raw: bytes) -> None:
    """What is no report raises StreamRefused and nothing else."""
    with pytest.raises(StreamRefused):
        Edges().take(raw, "a", 100)


def test_a_plane_that_began_anew_says_that_it_does_not_know_yet() -> None:
    """No traffic is told only once an agent said so, or none came in time."""
    edges = Edges()
    assert not edges.known(100)
    assert not edges.known(104)
    assert edges.known(105)
    heard = Edges()
    heard.take(report(Counts(1, 0, 1, 1), whole=True), "a", 100)
    assert heard.known(100)
