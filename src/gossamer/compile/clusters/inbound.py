"""Clusters from a workload's proxy to the workload itself."""

from __future__ import annotations

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.clusters.outbound import keep_destination
from gossamer.compile.clusters.policies.connection_pool import apply_connection_pool, apply_protocol
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import InboundView
from gossamer.compile.http.http_version import carried_inside
from gossamer.compile.http.idle import TO_APPLICATION
from gossamer.compile.lookup.inbound_ports import served_ports
from gossamer.compile.protos import fill_tags
from gossamer.contract.cluster_names import INBOUND_PASSTHROUGH, inbound_name
from gossamer.contract.envoy_metadata import HOST, NAMESPACE, OURS, PORT, SERVICE
from gossamer.contract.marks import BYPASS_MARK, SO_MARK, SOL_SOCKET
from gossamer.model.policies.connection_pool import ConnectionPool


def inbound_cluster(read: TrackedLookup, view: InboundView, port: int) -> Cluster | None:
    """The workload's own port, called at the address the client called; None if not served."""
    served = served_ports(read, view).get(port)
    if served is None:
        return None
    cluster = Cluster(name=inbound_name(port))
    _to_workload(cluster)
    carried = carried_inside(read, served.service, served.port, view.namespace, view.labels)
    pool = ConnectionPool(idle_timeout=TO_APPLICATION, use_client_protocol=carried)
    apply_protocol(cluster, served.port.protocol, pool)
    read.decided(served.service.object)
    tags = {
        HOST: served.service.host,
        SERVICE: served.service.object.name,
        NAMESPACE: served.service.namespace,
        PORT: str(served.port.number),
    }
    fill_tags(cluster.metadata.filter_metadata[OURS], tags)
    return cluster


def inbound_passthrough() -> Cluster:
    """The ports of the workload that no service speaks of."""
    cluster = Cluster(name=INBOUND_PASSTHROUGH)
    _to_workload(cluster)
    return cluster


def _to_workload(cluster: Cluster) -> None:
    keep_destination(cluster)
    apply_connection_pool(cluster, None)
    mark = cluster.upstream_bind_config.socket_options.add()
    mark.description = "let the proxy's calls to its own workload through the capture"
    mark.level = SOL_SOCKET
    mark.name = SO_MARK
    mark.int_value = BYPASS_MARK
