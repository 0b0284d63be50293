"""Bytes of streams that have not ended, which no access log has yet.

A cluster's connections have carried more than its ended calls account for: the rest is under
way. It belongs to the workloads that have open connections, which Envoy's list of hosts tells.
For HTTP the rest also holds what connections say besides calls (HTTP/2's settings and window
updates); what is left over while no call is under way is that, and is set aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from gossamer.contract.cluster_names import CALLED, outbound_name, parse_outbound
from gossamer.contract.envoy_metadata import (
    NAMESPACE,
    OURS,
    PROTOCOL,
    TLS_MODE,
    TRANSPORT_MATCH,
    WORKLOAD,
)
from gossamer.contract.type_urls import CLUSTER
from gossamer.telemetry.edge import NOTHING, SOURCE, Counts, Edge
from gossamer.telemetry.plan import Carried, Reading

HOSTS_PATH = "/clusters?format=json&filter=" + quote(CALLED)
WORTH_A_LOOK = 4096
"""Bytes under way for which it is worth asking Envoy where they go."""

_PROTOCOLS = {"grpc": "grpc", "http": "http", "http2": "http", "undeclared": "http"}
"""What a cluster's own word for what it speaks is counted as; anything else is TCP."""


@dataclass(frozen=True, slots=True)
class LiveEndpoint:
    """An endpoint of a cluster, which counters may call differently, and what is open to it."""

    counted_as: str
    cluster: str
    address: str
    connections: int
    requests: int


@dataclass(frozen=True, slots=True)
class Position:
    """What stands at an address."""

    workload: str | None
    mtls: bool


@dataclass(frozen=True, slots=True)
class Dump:
    """What Envoy's configuration says of some clusters: what they speak, who is where."""

    protocols: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Position] = field(default_factory=dict)

    def protocol(self, host: LiveEndpoint) -> str:
        """What is spoken to a host."""
        return self.protocols.get(host.cluster, "tcp")

    def tells_of(self, host: LiveEndpoint) -> bool:
        """Whether it was made with this host in its cluster."""
        return host.cluster in self.protocols and host.address in self.places

    def open_to(self, host: LiveEndpoint) -> int:
        """How much is open to a host that is known: calls, or connections for TCP."""
        if host.address not in self.places:
            return 0
        return host.connections if self.protocol(host) == "tcp" else host.requests


@dataclass(slots=True)
class LiveStreams:
    """One proxy's streams under way."""

    set_aside: dict[str, Carried] = field(default_factory=dict)
    protocols: dict[str, str] = field(default_factory=dict)

    def under_way(self, reading: Reading) -> dict[str, Carried]:
        """Bytes under way by cluster, of clusters with enough of them to look at."""
        by_cluster = _told(reading)
        rests = {
            name: self._less_aside(name, _minus(carried, by_cluster.get(name, NOTHING)))
            for name, carried in reading.clusters.items()
        }
        return {name: rest for name, rest in rests.items() if _size(rest) >= WORTH_A_LOOK}

    def _less_aside(self, name: str, rest: Carried) -> Carried:
        if self.protocols.get(name) == "tcp":
            return rest
        if rest.active == 0 and name in self.protocols:
            self.set_aside[name] = rest
        aside = self.set_aside.get(name, Carried())
        return Carried(
            max(0, rest.sent - aside.sent), max(0, rest.received - aside.received), rest.active
        )


def edges_under_way(
    rest: Mapping[str, Carried], hosts: Iterable[LiveEndpoint], dump: Dump, workload: str
) -> dict[Edge, Counts]:
    """Bytes under way by edge: shared among a cluster's hosts by their open connections."""
    edges: dict[Edge, Counts] = {}
    open_ = [host for host in hosts if host.counted_as in rest and dump.open_to(host)]
    for host in open_:
        all_open = sum(dump.open_to(h) for h in open_ if h.counted_as == host.counted_as)
        carried = rest[host.counted_as]
        counts = Counts(sent=carried.sent, received=carried.received)
        edge = _edge(host, dump, workload)
        share = counts.scaled(dump.open_to(host) / all_open)
        edges[edge] = edges.get(edge, NOTHING).plus(share)
    return edges


def as_known(edge: Edge, known: Container[Edge]) -> Edge:
    """The edge that ended calls of the same kind are counted on; they know better."""
    others = (
        replace(edge, protocol=spoken, mtls=mtls)
        for spoken in _ALSO.get(edge.protocol, (edge.protocol,))
        for mtls in (edge.mtls, not edge.mtls)
    )
    return next((other for other in others if other in known), edge)


_ALSO = {"http": ("http", "grpc")}
"""What calls turn out to be at their end: a port named http may well carry gRPC."""


def _edge(host: LiveEndpoint, dump: Dump, workload: str) -> Edge:
    name = parse_outbound(host.counted_as)
    place = dump.places[host.address]
    service = name.host if name else ""
    return Edge(SOURCE, workload, place.workload, service, dump.protocol(host), place.mtls)


def read_hosts(answer: bytes) -> Iterator[LiveEndpoint]:
    """The hosts in the answer to HOSTS_PATH."""
    for cluster in json.loads(answer).get("cluster_statuses", ()):
        name = cluster["name"]
        for host in cluster.get("host_statuses", ()):
            stats = {stat["name"]: int(stat.get("value", 0)) for stat in host["stats"]}
            counted_as = cluster.get("observability_name", name)
            open_ = stats.get("cx_active", 0), stats.get("rq_active", 0)
            yield LiveEndpoint(counted_as, name, _address(host["address"]), *open_)


def dump_path(names: Iterable[str]) -> str:
    """Where Envoy tells the configuration of these clusters and their endpoints."""
    wanted = "|".join(re.escape(name) for name in sorted(names))
    return f"/config_dump?include_eds&name_regex={quote(f'^({wanted})$')}"


def read_dump(answer: bytes) -> Dump:
    """The answer to `dump_path`, or to several of them."""
    protocols: dict[str, str] = {}
    places: dict[str, Position] = {}
    for part in _walk(json.loads(answer)):
        if "lb_endpoints" in part:
            places.update(_place(each) for each in part["lb_endpoints"] if "endpoint" in each)
        elif part.get("@type") == CLUSTER:
            protocols[part["name"]] = _PROTOCOLS.get(_told_of(part).get(PROTOCOL, ""), "tcp")
    return Dump(protocols, places)


def _told_of(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the mesh noted on a cluster or an endpoint."""
    metadata: Mapping[str, Any] = part.get("metadata", {}).get("filter_metadata", {}).get(OURS, {})
    return metadata


def _place(endpoint: Mapping[str, Any]) -> tuple[str, Position]:
    metadata = endpoint.get("metadata", {}).get("filter_metadata", {})
    who = _told_of(endpoint)
    workload = f"{who[NAMESPACE]}/{who[WORKLOAD]}" if who.get(WORKLOAD) else None
    mtls = metadata.get(TRANSPORT_MATCH, {}).get(TLS_MODE[0]) == TLS_MODE[1]
    return _address(endpoint["endpoint"]["address"]), Position(workload, mtls)


def _address(address: Mapping[str, Any]) -> str:
    socket = address.get("socket_address", {})
    return f"{socket.get('address')} {socket.get('port_value')}"


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _walk(each)


def _told(reading: Reading) -> dict[str, Counts]:
    """What ended calls account for, by the cluster's name in counters."""
    by_cluster: dict[str, Counts] = {}
    for series, counts in reading.series.items():
        if series.reporter == "client":
            tags = dict(series.tags)
            name = outbound_name(_whole(tags["service_port"]), tags["host"], tags["subset"])
            by_cluster[name] = by_cluster.get(name, NOTHING).plus(
                Counts(sent=counts.sent, received=counts.received)
            )
    return by_cluster


def _whole(number: str) -> str:
    """Envoy prints metadata's numbers as it likes; a port is a whole one."""
    return number.partition(".")[0]


def _minus(carried: Carried, reported: Counts) -> Carried:
    sent, received = (
        max(0, carried.sent - reported.sent),
        max(0, carried.received - reported.received),
    )
    return Carried(sent, received, carried.active)


def _size(carried: Carried) -> int:
    return carried.sent + carried.received
