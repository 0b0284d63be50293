"""Backends of a route as Envoy clusters: which exist, and what becomes of the share of others."""

from __future__ import annotations

from dataclasses import dataclass

from envoy.config.route.v3.route_components_pb2 import RouteAction

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.lookup.grants import may_send
from gossamer.compile.routes.policies.headers import apply_headers_of_share
from gossamer.compile.routes.route_context import RouteContext
from gossamer.contract.cluster_names import BLACKHOLE, outbound_name
from gossamer.model.assembly.visible import behind, destination_for, service_for
from gossamer.model.ids import Dialect
from gossamer.model.policies.headers import Headers
from gossamer.model.traffic.route import Backend, RouteSet
from gossamer.model.traffic.service import Service

MISSING = BLACKHOLE  # a cluster without endpoints: its share fails with status 503
REFUSED = "refused"  # no cluster at all: its share is answered 500


@dataclass(frozen=True, slots=True)
class Share:
    """A cluster and its weight among the route's."""

    cluster: str
    weight: int
    backend: Backend


def shares(
    read: TrackedLookup, route_set: RouteSet, backends: tuple[Backend, ...], context: RouteContext
) -> list[Share]:
    """The clusters of a route's backends; those with no weight are left out."""
    return [
        Share(backend_cluster(read, route_set, backend, context), backend.weight, backend)
        for backend in backends
        if backend.weight > 0
    ]


def backend_cluster(
    read: TrackedLookup, route_set: RouteSet, backend: Backend, context: RouteContext
) -> str:
    """The cluster that answers for a backend: its own, `blackhole` (503) or `refused` (500)."""
    if backend.refused or not _granted(read, route_set, backend, context):
        return REFUSED
    absent = REFUSED if route_set.dialect is Dialect.GATEWAY_API else MISSING
    service = service_for(read, backend.host, context.namespace)
    if service is not None and service.alias and not (service.ports or backend.subset):
        service, _ = behind(read, service, context.namespace)
    if service is None:
        return absent
    port = backend_port(service, backend.port, context.port)
    if port is None or not _has_subset(read, service, backend.subset, context.namespace):
        return absent
    return cluster_of(read, service.host, port, backend.subset)


def cluster_of(read: TrackedLookup, host: str, port: int, subset: str = "") -> str:
    """The name of a host's cluster; it must be at the proxy before whatever names it."""
    name = outbound_name(port, host, subset)
    read.need(ResourceType.CLUSTER, name)
    read.need(ResourceType.ENDPOINTS, name)
    return name


def backend_port(service: Service, named: int | None, called: int) -> int | None:
    """The service's port that is meant: the one named, else the one called, else the only one."""
    if named is None and service.port(called) is None and len(service.ports) == 1:
        return service.ports[0].number
    number = called if named is None else named
    return number if service.port(number) else None


def _has_subset(read: TrackedLookup, service: Service, subset: str, namespace: str) -> bool:
    if not subset:
        return True
    destination = destination_for(read, service, namespace)
    return destination is not None and destination.subset(subset) is not None


def _granted(
    read: TrackedLookup, route_set: RouteSet, backend: Backend, context: RouteContext
) -> bool:
    """Gateway API lets a route reach another namespace only where a ReferenceGrant says so."""
    service = service_for(read, backend.host, context.namespace)
    return service is None or may_send(read, route_set, service)


def fill_action(action: RouteAction, parts: list[Share]) -> None:
    """Set a RouteAction's cluster, or its weighted clusters: exact, by the written weights."""
    if len(parts) == 1 and not parts[0].backend.policies.values:
        action.cluster = parts[0].cluster
        return
    for share in parts:
        weighted = action.weighted_clusters.clusters.add(name=share.cluster)
        weighted.weight.value = share.weight
        change = share.backend.policies.get(Headers)
        if change is not None:
            apply_headers_of_share(weighted, change)
