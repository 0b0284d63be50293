"""Clusters by name: `outbound|PORT|SUBSET|HOST`, `tcp|IP:PORT`, `inbound|PORT||` and a few more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.clusters.inbound import inbound_cluster, inbound_passthrough
from gossamer.compile.clusters.outbound import blackhole, outbound_cluster, passthrough
from gossamer.compile.clusters.tcp import tcp_cluster, unknown_address
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import EdgeView, InboundView, ScopeView
from gossamer.contract.cluster_names import (
    BLACKHOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    parse_inbound,
    parse_outbound,
    parse_tcp,
)

_FIXED: Mapping[str, Callable[[], Cluster]] = {
    PASSTHROUGH: lambda: passthrough(PASSTHROUGH),
    BLACKHOLE: blackhole,
    INBOUND_PASSTHROUGH: inbound_passthrough,
}


def build_cluster(
    read: TrackedLookup, view: ScopeView | EdgeView | InboundView, name: str
) -> Cluster | None:
    """The cluster of that name; None for an unknown host, port or subset."""
    if name in _FIXED:
        return _FIXED[name]()
    if isinstance(view, InboundView):
        port = parse_inbound(name)
        return inbound_cluster(read, view, port) if port else None
    outbound, dialled = parse_outbound(name), parse_tcp(name)
    if outbound is not None:
        return outbound_cluster(read, outbound, view) or unknown_address(read, outbound)
    return tcp_cluster(read, dialled, view) if dialled else None
