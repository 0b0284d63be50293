"""Streams under way are counted before they end, and not twice when they do."""

from __future__ import annotations

import json
from dataclasses import replace

from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.live import (
    Dump,
    LiveEndpoint,
    LiveStreams,
    Position,
    as_known,
    edges_under_way,
    read_dump,
    read_hosts,
)
from gossamer.telemetry.plan import Carried, Reading, read
from tests.telemetry.envoy_answers import (
    ECHO,
    ECHO_CLUSTER,
    NO_DURATIONS,
    carried,
    counted,
    dump,
    hosts,
)

PLACES = {
    "10.0.0.1 9000": Position("shop/echo", True),
    "10.0.0.2 9000": Position("shop/echo-2", True),
}
EDGE = Edge("source", "shop/page", "shop/echo", "echo.shop.svc.cluster.local", "tcp", True)


def reading(text: str) -> Reading:
    """What Envoy's text says."""
    return read(text, NO_DURATIONS)


def test_what_ended_is_not_under_way() -> None:
    """Bytes that the log has told of are taken off what connections carried."""
    text = carried(ECHO_CLUSTER, 50_000, 90_000)
    text += counted(ECHO, 1, sent=10_000, received=20_000, family="client_tcp")
    assert LiveStreams().under_way(reading(text)) == {ECHO_CLUSTER: Carried(40_000, 70_000, 0)}


def test_little_is_not_worth_a_look() -> None:
    """Envoy is not asked more for a few bytes that are about to be logged."""
    assert LiveStreams().under_way(reading(carried(ECHO_CLUSTER, 100, 100))) == {}


def test_http_overhead_is_set_aside_while_no_call_is_open() -> None:
    """What an idle HTTP connection has carried besides calls never counts as a stream."""
    streams = LiveStreams(protocols={ECHO_CLUSTER: "http"})
    assert streams.under_way(reading(carried(ECHO_CLUSTER, 9_000, 0, active=0))) == {}
    busy = streams.under_way(reading(carried(ECHO_CLUSTER, 19_000, 0, active=1)))
    assert busy == {ECHO_CLUSTER: Carried(10_000, 0, 1)}


def test_bytes_go_to_the_workloads_with_open_connections() -> None:
    """A cluster's stream belongs to whoever it is connected to, shared by connections."""
    here = LiveEndpoint(ECHO_CLUSTER, "tcp|10.96.0.1:9000", "10.0.0.1 9000", 3, 0)
    there = LiveEndpoint(ECHO_CLUSTER, "tcp|10.96.0.1:9000", "10.0.0.2 9000", 1, 0)
    rest = {ECHO_CLUSTER: Carried(4000, 8000)}
    edges = edges_under_way(rest, [here, there], Dump({}, PLACES), "shop/page")
    assert edges[EDGE] == Counts(sent=3000, received=6000)
    assert sum(counts.sent for counts in edges.values()) == 4000


def test_idle_http_connections_carry_no_stream() -> None:
    """For HTTP open calls decide, not the connections that a pool keeps."""
    name = "outbound|9000||echo.shop.svc.cluster.local"
    idle = LiveEndpoint(ECHO_CLUSTER, name, "10.0.0.1 9000", 5, 0)
    busy = LiveEndpoint(ECHO_CLUSTER, name, "10.0.0.2 9000", 5, 1)
    rest = {ECHO_CLUSTER: Carried(4000, 0)}
    (edge,) = edges_under_way(rest, [idle, busy], Dump({name: "http"}, PLACES), "shop/page")
    assert (edge.destination, edge.protocol) == ("shop/echo-2", "http")


def test_envoys_answers_are_read() -> None:
    """Hosts by the name under which they are counted, workloads by their address."""
    told = list(read_hosts(hosts("tcp|10.96.0.1:9000", ECHO_CLUSTER, {"10.0.0.1": 2})))
    assert told == [LiveEndpoint(ECHO_CLUSTER, "tcp|10.96.0.1:9000", "10.0.0.1 9000", 2, 0)]
    assert read_dump(dump({"10.0.0.1": "shop/echo"})).places == {
        "10.0.0.1 9000": Position("shop/echo", True)
    }


def test_a_stream_joins_the_edge_that_its_ended_calls_are_on() -> None:
    """Whether mTLS was spoken is better known from a call that ended."""
    plain = Edge("source", "shop/page", "shop/echo", EDGE.service, "tcp", False)
    assert as_known(EDGE, {plain}) == plain
    assert as_known(EDGE, set()) == EDGE


def test_a_cluster_says_what_is_spoken() -> None:
    """HTTP/2 is not taken for gRPC, nor the first stream of a service for another protocol."""
    kind = "type.googleapis.com/envoy.config.cluster.v3.Cluster"

    def cluster(name: str, **noted: str) -> dict[str, object]:
        told = {"filter_metadata": {"gossamer": noted}}
        return {"cluster": {"@type": kind, "name": name, "metadata": told}}

    rows = [cluster("a", protocol="grpc"), cluster("b", protocol="http2"), cluster("tcp|1:1")]
    answer = json.dumps({"configs": [{"dynamic_active_clusters": rows}]}).encode()
    assert read_dump(answer).protocols == {"a": "grpc", "b": "http", "tcp|1:1": "tcp"}


def test_a_stream_of_grpc_joins_no_edge_of_plain_http() -> None:
    """Its bytes would be counted there, and once more on its own edge when it ends."""
    http, grpc = replace(EDGE, protocol="http"), replace(EDGE, protocol="grpc")
    assert as_known(grpc, {http}) == grpc
    assert as_known(http, {grpc}) == grpc
    assert as_known(http, {grpc, http}) == http
