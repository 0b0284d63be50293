"""The exposition speaks Istio's names, so that dashboards made for them work."""

from __future__ import annotations

from gossamer.model.workload.workload_labels import WorkloadLabels
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.label_set import LabelSet
from gossamer.telemetry.prometheus import exposition

HTTP = LabelSet(
    Edge("source", "shop/page", "shop/reviews", "reviews.shop.svc", "http", True),
    "spiffe://td/ns/shop/sa/page",
    "spiffe://td/ns/shop/sa/reviews",
    "reviews",
    "shop",
    "200",
    source_names=WorkloadLabels("page", "v1", "front", "r1"),
    destination_names=WorkloadLabels("reviews", "", "reviews", "latest"),
)
TCP = LabelSet(Edge("source", "shop/page", None, "echo.shop.svc", "tcp", False))


def test_requests_and_durations() -> None:
    """Counts, sizes and cumulative buckets of an HTTP edge, with the labels of surface."""
    text = exposition({HTTP: Counts(3, 0, 300, 900, {4.0: 2, 40.0: 1})}).splitlines()
    (total,) = [row for row in text if row.startswith("istio_requests_total")]
    for label in (
        'reporter="source"',
        'source_workload="page"',
        'source_workload_namespace="shop"',
        'source_principal="spiffe://td/ns/shop/sa/page"',
        'destination_workload="reviews"',
        'destination_service_name="reviews"',
        'source_app="page",source_version="v1"',
        'source_canonical_service="front",source_canonical_revision="r1"',
        'destination_app="reviews",destination_version="unknown"',
        'response_code="200"',
        'connection_security_policy="mutual_tls"',
    ):
        assert label in total
    assert total.endswith(" 3")
    buckets = [row for row in text if row.startswith("istio_request_duration_milliseconds_bucket")]
    assert [row.rpartition(" ")[2] for row in buckets if 'le="5"' in row] == ["2"]
    assert [row.rpartition(" ")[2] for row in buckets if 'le="+Inf"' in row] == ["3"]
    assert any(row.startswith("istio_response_bytes_sum") and row.endswith(" 900") for row in text)


def test_tcp_sent_is_what_the_called_side_sent() -> None:
    """As in Istio, sent and received of TCP are the server's; nobody reached is unknown."""
    text = exposition({TCP: Counts(1, 0, 10, 20)})
    (sent,) = [r for r in text.splitlines() if r.startswith("istio_tcp_sent_bytes_total")]
    assert sent.endswith(" 20")
    assert 'destination_workload="unknown"' in sent
    assert "response_code" not in sent


def test_values_cannot_break_the_text() -> None:
    """A quote, backslash or newline in a name stays inside its label."""
    odd = LabelSet(Edge("source", 'shop/"\n\\', None, "", "tcp", False))
    text = exposition({odd: Counts(1)})
    assert 'source_workload="\\"\\n\\\\"' in text
