"""Clusters for bytes to an address that a caller dialled, fetched when it is dialled first."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.clusters.outbound import cluster_of, passthrough
from gossamer.compile.clusters.upstream import find_dialled
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import EdgeView, ScopeView
from gossamer.contract.addresses import is_address
from gossamer.contract.cluster_names import ClusterName, TcpName
from gossamer.model.addressing.addresses import MESH_RANGES
from gossamer.model.assembly.visible import settings_of
from gossamer.model.settings import OutboundTraffic

_RANGES = tuple(ip_network(text) for text in MESH_RANGES)


def tcp_cluster(
    read: TrackedLookup, dialled: TcpName, view: ScopeView | EdgeView
) -> Cluster | None:
    """The service or pod at that address; passed through, or None, where nobody is known.

    Its counters are those of the service's own cluster.
    """
    upstream = find_dialled(read, dialled, view.scope)
    if upstream is None:
        return _unknown(read, dialled)
    cluster = cluster_of(read, upstream, view, str(dialled))
    cluster.alt_stat_name = str(upstream.name)
    return cluster


def _unknown(read: TrackedLookup, dialled: TcpName) -> Cluster | None:
    settings = settings_of(read)
    read.decided(settings.object)
    if settings.outbound is OutboundTraffic.REGISTRY_ONLY or not _in_mesh(dialled.address):
        return None
    return passthrough(str(dialled))


def unknown_address(read: TrackedLookup, name: ClusterName) -> Cluster | None:
    """Requests to an address that nobody has: passed through, or None in a closed mesh."""
    if not is_address(name.host):
        return None
    settings = settings_of(read)
    read.decided(settings.object)
    closed = settings.outbound is OutboundTraffic.REGISTRY_ONLY
    return None if closed else passthrough(str(name))


def _in_mesh(address: str) -> bool:
    """Whether it is an address of the mesh's; others never ask."""
    return any(ip_address(address) in each for each in _RANGES)
