"""Clusters for bytes to an address that a caller dialled, fetched when it is dialled first."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.cluster_name import ClusterName, TcpName
from gossamer.compile.clusters_outbound import cluster_of, passthrough
from gossamer.compile.reads import Reader
from gossamer.compile.upstream import find_upstream
from gossamer.model import tables
from gossamer.model.addresses import MESH_RANGES
from gossamer.model.service import Protocol
from gossamer.model.settings import OutboundTraffic
from gossamer.model.visible import settings_of

_RANGES = tuple(ip_network(text) for text in MESH_RANGES)


def tcp_cluster(read: Reader, dialled: TcpName, scope: str) -> Cluster | None:
    """The service or pod at that address; passed through, or None, where nobody is known.

    Its endpoints and its counters are those of the service's own cluster.
    """
    address = _canonical(dialled.address)
    if address is None:
        return None
    host = _host_at(read, address)
    name = ClusterName(dialled.port, host) if host else None
    upstream = find_upstream(read, name, scope) if name else None
    if upstream is None:
        return _unknown(read, dialled)
    cluster = cluster_of(read, replace(upstream, protocol=Protocol.TCP), scope)
    cluster.alt_stat_name = cluster.name
    cluster.name = str(dialled)
    if cluster.HasField("load_assignment"):
        cluster.load_assignment.cluster_name = cluster.name
    return cluster


def _host_at(read: Reader, address: str) -> str:
    """The host to call for an address: its service, or the address itself for a pod's."""
    kind, _, host = (read.lookup(tables.ADDRESSES, address) or "").partition(" ")
    return host if kind == "service" else address


def _unknown(read: Reader, dialled: TcpName) -> Cluster | None:
    settings = settings_of(read)
    read.decided(settings.object)
    if settings.outbound is OutboundTraffic.REGISTRY_ONLY or not _in_mesh(dialled.address):
        return None
    return passthrough(str(dialled))


def _in_mesh(address: str) -> bool:
    """Whether it is an address of the mesh's; others never ask."""
    return any(ip_address(address) in each for each in _RANGES)


def _canonical(address: str) -> str | None:
    try:
        return str(ip_address(address))
    except ValueError:
        return None
