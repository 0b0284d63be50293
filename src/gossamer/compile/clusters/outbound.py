"""Clusters that a client's proxy calls: who is behind a host's port, and how they are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.clusters.endpoints import assignment
from gossamer.compile.clusters.policies.client_tls import apply_client_tls
from gossamer.compile.clusters.policies.connection_pool import apply_connection_pool, apply_protocol
from gossamer.compile.clusters.policies.load_balancer import apply_load_balancer, keeps_destination
from gossamer.compile.clusters.policies.outlier_detection import apply_outlier_detection
from gossamer.compile.clusters.upstream import Upstream, endpoints_behind, find_upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import EdgeView, ScopeView
from gossamer.compile.http.http_version import pool_toward
from gossamer.compile.http.idle import TO_OUTSIDE, idle_toward, resting
from gossamer.compile.protos import ads, fill_tags, set_duration
from gossamer.contract.cluster_names import BLACKHOLE, ClusterName
from gossamer.contract.envoy_metadata import HOST, NAMESPACE, OURS, PORT, PROTOCOL, SERVICE, SUBSET
from gossamer.model.policies.connection_pool import ConnectionPool
from gossamer.model.policies.load_balancer import LoadBalancer
from gossamer.model.policies.outlier_detection import OutlierDetection
from gossamer.model.traffic.service import Endpoint, Protocol, Resolution

DNS_REFRESH = timedelta(seconds=60)  # where an answer says nothing of its own age


def outbound_cluster(
    read: TrackedLookup, name: ClusterName, view: ScopeView | EdgeView
) -> Cluster | None:
    """The cluster of a host's port; None where clients of the scope see no such thing."""
    upstream = find_upstream(read, name, view.scope)
    if upstream is None:
        return None
    cluster = cluster_of(read, upstream, view, str(name))
    if name.address:  # counted with the service, not one by one
        cluster.alt_stat_name = str(replace(name, address=""))
    return cluster


def cluster_of(
    read: TrackedLookup, upstream: Upstream, view: ScopeView | EdgeView, name: str
) -> Cluster:
    """The cluster of that name, calling what stands behind it with all that is said of it."""
    cluster = Cluster(name=name)
    pool = pool_toward(upstream, view)
    apply_load_balancer(cluster, upstream.policies.get(LoadBalancer))
    apply_outlier_detection(cluster, upstream.policies.get(OutlierDetection))
    apply_connection_pool(cluster, pool)
    apply_protocol(cluster, upstream.protocol, resting(pool, idle_toward(read, upstream)))
    _place(read, cluster, upstream)
    apply_client_tls(read, cluster, upstream, view.scope)
    _tag(cluster, upstream)
    return cluster


def _place(read: TrackedLookup, cluster: Cluster, upstream: Upstream) -> None:
    """Say where the endpoints come from."""
    source = upstream.source
    if upstream.outside:
        _resolve(read, cluster, upstream, upstream.outside)
    elif upstream.pod is not None or source is None:
        _discover(read, cluster)
    elif keeps_destination(upstream.policies.get(LoadBalancer)) or _has_no_name(upstream):
        keep_destination(cluster)
    elif source.resolution is Resolution.ENDPOINTS:
        _discover(read, cluster)
    else:
        _resolve(read, cluster, upstream, source.host)


def _has_no_name(upstream: Upstream) -> bool:
    """Whether endpoints can be found by neither us nor DNS, so only the caller knows them.

    A concrete host that was given a virtual address is resolved instead: what the caller
    dialled is that address, where nobody is.
    """
    source = upstream.source
    if source is None or source.resolution is Resolution.ENDPOINTS:
        return False
    return source.resolution is Resolution.PASSTHROUGH and (
        "*" in source.host or bool(source.addresses) or not source.external
    )


def _discover(read: TrackedLookup, cluster: Cluster) -> None:
    """Endpoints by the stream, under the cluster's own name.

    Two clusters never share one: Envoy would not ask again for what it already has, and the
    second cluster would wait for it.
    """
    cluster.type = Cluster.DiscoveryType.EDS
    cluster.eds_cluster_config.service_name = cluster.name
    cluster.eds_cluster_config.eds_config.CopyFrom(ads())
    read.need(ResourceType.ENDPOINTS, cluster.name)


def _resolve(read: TrackedLookup, cluster: Cluster, upstream: Upstream, host: str) -> None:
    placed = list(endpoints_behind(read, upstream))
    if "*" in host and not placed:  # many hosts, and nothing says where they are
        keep_destination(cluster)
        return
    cluster.type = Cluster.DiscoveryType.STRICT_DNS
    cluster.dns_lookup_family = Cluster.DnsLookupFamily.V4_PREFERRED
    cluster.respect_dns_ttl = True
    set_duration(cluster.dns_refresh_rate, DNS_REFRESH)
    port = upstream.name.port
    placed = placed or [(Endpoint(host, ((port, port),)), port)]
    cluster.load_assignment.CopyFrom(assignment(read, cluster.name, placed))


def _tag(cluster: Cluster, upstream: Upstream) -> None:
    """Name the service for telemetry, which reads it off each call."""
    name, service = upstream.name, upstream.service
    tags = {HOST: name.host, PORT: str(name.port), SUBSET: name.subset}
    tags[PROTOCOL] = upstream.protocol.value.lower()
    if service is not None:
        tags |= {SERVICE: service.object.name, NAMESPACE: service.namespace}
    fill_tags(cluster.metadata.filter_metadata[OURS], tags)


def keep_destination(cluster: Cluster) -> None:
    """Call whatever address the caller was calling."""
    cluster.type = Cluster.DiscoveryType.ORIGINAL_DST
    cluster.lb_policy = Cluster.LbPolicy.CLUSTER_PROVIDED


def passthrough(name: str) -> Cluster:
    """Calls that the mesh only carries, as they are and where they go."""
    cluster = Cluster(name=name)
    keep_destination(cluster)
    apply_connection_pool(cluster, None)
    # HTTP through it goes on in the version it came in: the far end chose it with the caller.
    from_caller = ConnectionPool(use_client_protocol=True, idle_timeout=TO_OUTSIDE)
    apply_protocol(cluster, Protocol.HTTP, from_caller)
    return cluster


def blackhole() -> Cluster:
    """Nobody: what is sent here fails with status 503, or closed."""
    cluster = Cluster(name=BLACKHOLE, type=Cluster.DiscoveryType.STATIC)
    cluster.load_assignment.cluster_name = BLACKHOLE
    apply_connection_pool(cluster, None)
    return cluster
