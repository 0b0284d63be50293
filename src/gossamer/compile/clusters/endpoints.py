"""Endpoints of a cluster, grouped by locality, each with what telemetry and TLS ask of it."""

from __future__ import annotations

from collections.abc import Iterable

from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint, LocalityLbEndpoints
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment

from gossamer.compile.clusters.upstream import endpoints_behind, upstream_called
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ScopeView
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.protos import fill_tags, socket_address
from gossamer.compile.tls.mtls import mtls_mode
from gossamer.contract.addresses import is_address
from gossamer.contract.envoy_metadata import (
    NAMES,
    NAMESPACE,
    OURS,
    POD,
    TLS_MODE,
    TRANSPORT_MATCH,
    WORKLOAD,
)
from gossamer.model import tables
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Endpoint
from gossamer.model.workload.workload_labels import workload_labels

Placed = tuple[Endpoint, int]


def build_endpoints(
    read: TrackedLookup, view: ScopeView, name: str
) -> ClusterLoadAssignment | None:
    """Who is behind the cluster of that name; none is an empty assignment, not None."""
    upstream = upstream_called(read, name, view.scope)
    if upstream is None:
        return None
    behind = endpoints_behind(read, upstream)
    by_address = (placed for placed in behind if is_address(placed[0].address))
    return assignment(read, name, by_address)


def assignment(read: TrackedLookup, name: str, placed: Iterable[Placed]) -> ClusterLoadAssignment:
    """The endpoints in groups of one locality, both in a fixed order."""
    proto = ClusterLoadAssignment(cluster_name=name)
    groups: dict[str, list[Placed]] = {}
    for endpoint, port in placed:
        groups.setdefault(endpoint.locality, []).append((endpoint, port))
    for locality in sorted(groups):
        group = proto.endpoints.add()
        fill_locality(group, locality)
        for endpoint, port in groups[locality]:
            _fill(read, group.lb_endpoints.add(), endpoint, port)
    return proto


def fill_locality(group: LocalityLbEndpoints, locality: str) -> None:
    """Set region, zone and subzone from `region/zone/subzone`."""
    region, zone, sub_zone = (*locality.split("/", 2), "", "", "")[:3]
    if region:
        group.locality.region = region
        group.locality.zone = zone
        group.locality.sub_zone = sub_zone


def _fill(read: TrackedLookup, proto: LbEndpoint, endpoint: Endpoint, port: int) -> None:
    proto.endpoint.address.CopyFrom(socket_address(endpoint.address, port))
    proto.load_balancing_weight.value = max(endpoint.weight, 1)
    filters = proto.metadata.filter_metadata
    if _takes_mtls(read, endpoint, port):
        fill_tags(filters[TRANSPORT_MATCH], dict([TLS_MODE]))
    if endpoint.pod is not None:
        namespace, _, pod = endpoint.pod.partition("/")
        workload = endpoint.workload or ""
        tags = {
            WORKLOAD: workload,
            NAMESPACE: namespace,
            POD: pod,
            NAMES: str(workload_labels(endpoint.labels, workload)),
        }
        fill_tags(filters[OURS], tags)


def _takes_mtls(read: TrackedLookup, endpoint: Endpoint, port: int) -> bool:
    """Whether a client should speak mesh TLS to it: it has a proxy that takes the port
    and does not refuse it."""
    if port in endpoint.plain_ports:
        return False
    if not endpoint.mtls or endpoint.pod is None:
        return endpoint.mtls
    namespace = endpoint.pod.partition("/")[0]
    policies = policies_of(read, namespace, endpoint.labels)
    return mtls_mode(read, policies, port) is not MtlsMode.DISABLE


def addresses_of_pods(read: TrackedLookup, host: str) -> tuple[str, ...]:
    """Every address of the ready endpoints of a host, as a resolver gives them."""
    endpoints = read.lookup(tables.ENDPOINTS, host) or ()
    return tuple(dict.fromkeys(each.address for each in endpoints if is_address(each.address)))
