"""A series is told as an edge: who called whom, how it ended, bytes as the caller sees them."""

from __future__ import annotations

import pytest

from gossamer.model.workload.workload_labels import UNNAMED, WorkloadLabels
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.label_set import LabelSet, Owner, counted, line_of
from gossamer.telemetry.plan import Series
from tests.telemetry.envoy_answers import ECHO, FROM_PAGE, REVIEWS

PAGE_NAMES = WorkloadLabels("page", "v1", "front", "r1")
PAGE = Owner("shop/page", "spiffe://cluster.local/ns/shop/sa/page", PAGE_NAMES)
SHOP = Owner("shop/reviews-v1", "spiffe://cluster.local/ns/shop/sa/reviews")


def line(tags: dict[str, str], kind: str = "client.http", owner: Owner = PAGE) -> LabelSet:
    """The line of a series with these tags."""
    reporter, protocol = kind.split(".")
    pods = {"page-xyz.shop": PAGE}
    return line_of(Series(reporter, protocol, tuple(tags.items())), owner, pods.get)


def test_a_caller_knows_whom_it_reached() -> None:
    """Source is the proxy's own workload, destination the endpoint's, mTLS its identity."""
    host = "reviews.shop.svc.cluster.local"
    edge = line(REVIEWS).edge
    assert edge == Edge("source", "shop/page", "shop/reviews-v1", host, "http", True)


def test_nobody_reached_is_nobody() -> None:
    """Without an endpoint the destination is None, not an empty name."""
    assert line(REVIEWS | {"workload": "", "peer": "-"}).edge.destination is None


def test_a_called_side_names_its_caller() -> None:
    """A known pod is its workload, another one its identity, plaintext is unknown."""
    server = "server.http"
    assert line(FROM_PAGE, server, SHOP).edge.source == "shop/page"
    stranger = line(FROM_PAGE | {"peer_name": "far.away"}, server, SHOP)
    assert stranger.edge.source == "spiffe://cluster.local/ns/shop/sa/page"
    plain = line(FROM_PAGE | {"peer_name": "", "peer": ""}, server, SHOP)
    assert (plain.edge.source, plain.edge.mtls) == ("unknown", False)


def test_both_ends_are_named_as_their_labels_say() -> None:
    """A caller says what its endpoint carries, a called side what the caller's agent knows."""
    called = line(REVIEWS | {"names": "reviews|v2|reviews|latest"})
    assert called.source_names == PAGE_NAMES
    assert called.destination_names == WorkloadLabels("reviews", "v2", "reviews", "latest")
    assert line(FROM_PAGE, "server.http", SHOP).source_names == PAGE_NAMES
    stranger = line(FROM_PAGE | {"peer_name": "far.away"}, "server.http", SHOP)
    assert stranger.source_names == UNNAMED


def test_bytes_are_the_callers() -> None:
    """What the called side received is what its caller sent."""
    assert counted(line(FROM_PAGE, "server.http", SHOP), Counts(1, 0, 70, 5)).sent == 5
    assert counted(line(REVIEWS), Counts(1, 0, 70, 5)).sent == 70


@pytest.mark.parametrize(
    ("code", "grpc", "failed"),
    [
        ("200", "", False),
        ("404", "", False),
        ("503", "", True),
        ("0", "", True),
        ("200", "0", False),
        ("200", "14", True),
    ],
)
def test_failures_are_counted_as_istio_does(code: str, grpc: str, failed: bool) -> None:
    """5xx, no answer and gRPC errors are failures; client errors are answers."""
    assert line(REVIEWS | {"code": code, "grpc": grpc}).failed is failed


def test_protocols_are_told_apart() -> None:
    """A gRPC status makes a call gRPC; TCP connections never fail."""
    assert line(REVIEWS | {"grpc": "0"}).edge.protocol == "grpc"
    assert not line(ECHO, "client.tcp").failed
