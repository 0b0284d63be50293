"""What a proxy holds without asking: its listeners, its own side, and all of it where eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from gossamer.compile.engine.compiled import WildcardPart
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView, InboundView, OutboundView, View, views_of
from gossamer.compile.listeners.gateway import gateway_ports
from gossamer.compile.listeners.undeclared import undeclared_names
from gossamer.compile.lookup.inbound_ports import served_ports
from gossamer.compile.lookup.outbound_ports import routed_ports
from gossamer.compile.routes.configurations import hosts_in
from gossamer.compile.routes.eager_hosts import eager_names, eager_rest
from gossamer.compile.routes.gateway import gateway_clusters
from gossamer.compile.routes.virtual_hosts import PLACEHOLDER
from gossamer.contract.cluster_names import (
    BLACKHOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    ClusterName,
    inbound_name,
)
from gossamer.contract.listener_names import INBOUND, OUTBOUND, gateway_listener_name
from gossamer.contract.route_names import virtual_host_name
from gossamer.model.assembly.visible import destination_for, service_for
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.service import Protocol, Service
from gossamer.model.workload.pod import Discovery, Pod


def wildcard_names(mesh: Lookup, pod: Pod, kind: ResourceType) -> WildcardPart:
    """The names of that kind which this pod's proxy gets as wildcard, and the facts they rest on.

    Endpoints, route configurations and secrets are always asked for by name.
    """
    read = TrackedLookup(mesh)
    sides = [wildcard_names_of(mesh, view, kind) for view in views_of(read, pod).sides()]
    names = dict.fromkeys(name for side in sides for name in side.names)
    reads = read.reads.union(*(side.reads for side in sides))
    return WildcardPart(tuple(names), reads)


def wildcard_names_of(mesh: Lookup, view: View, kind: ResourceType) -> WildcardPart:
    """Those of one side of a proxy, which all proxies with that side share."""
    read = TrackedLookup(mesh)
    parts = [shared_wildcard_names(read, view, kind)]
    if by_host(view, kind):
        hosts = sorted(hosts_in(read, view.scope))
        parts += filter(None, (host_wildcard_names(read, view, kind, host) for host in hosts))
    names = dict.fromkeys(name for part in parts for name in part.names)
    return WildcardPart(tuple(names), read.reads)


def by_host(view: View, kind: ResourceType) -> TypeGuard[OutboundView]:
    """Whether every host in scope adds names: on the outbound side of an eager proxy."""
    eager = isinstance(view, OutboundView) and view.discovery is Discovery.EAGER
    return eager and kind in _FOR_HOST


def shared_wildcard_names(mesh: Lookup, view: View, kind: ResourceType) -> WildcardPart:
    """The names that follow from no single host."""
    read = TrackedLookup(mesh)
    names = tuple(_BY_SIDE[type(view)](read, view, kind))
    return WildcardPart(names, read.reads)


def host_wildcard_names(
    mesh: Lookup, view: OutboundView, kind: ResourceType, host: str
) -> WildcardPart | None:
    """The names that one host adds; None where the scope sees no such service."""
    read = TrackedLookup(mesh)
    service = service_for(read, host, view.scope)
    if service is None:
        return None
    names = tuple(_FOR_HOST[kind](read, service, view.scope))
    return WildcardPart(names, read.reads)


def _gateway(read: TrackedLookup, view: GatewayView, kind: ResourceType) -> Iterator[str]:
    if kind is ResourceType.LISTENER:
        yield from (gateway_listener_name(port) for port in gateway_ports(read, view))
    elif kind is ResourceType.CLUSTER:
        yield from dict.fromkeys((BLACKHOLE, PASSTHROUGH, *gateway_clusters(read, view)))


def _inbound(read: TrackedLookup, view: InboundView, kind: ResourceType) -> Iterator[str]:
    if kind is ResourceType.LISTENER:
        yield INBOUND
    elif kind is ResourceType.CLUSTER:
        yield INBOUND_PASSTHROUGH
        yield from (inbound_name(port) for port in served_ports(read, view))


def _outbound(read: TrackedLookup, view: OutboundView, kind: ResourceType) -> Iterator[str]:
    eager = view.discovery is Discovery.EAGER
    if kind is ResourceType.LISTENER:
        yield OUTBOUND
        yield from undeclared_names(read, view.scope)
    elif kind is ResourceType.CLUSTER:
        yield from (BLACKHOLE, PASSTHROUGH)
    elif kind is ResourceType.VIRTUAL_HOST and eager:
        yield from eager_rest(read, view.scope)
    elif kind is ResourceType.VIRTUAL_HOST:
        yield from (virtual_host_name(port, PLACEHOLDER) for port in routed_ports(read, view.scope))


def _outbound_clusters(read: TrackedLookup, service: Service, scope: str) -> Iterator[str]:
    """Every port of a service, and every subset of it."""
    destination = destination_for(read, service, scope)
    subsets = ("", *(each.name for each in destination.subsets)) if destination else ("",)
    for port in service.ports:
        if port.protocol is not Protocol.UDP:
            for subset in subsets:
                yield str(ClusterName(port.number, service.host, subset))


_FOR_HOST: Mapping[ResourceType, Callable[[TrackedLookup, Service, str], Iterator[str]]] = {
    ResourceType.CLUSTER: _outbound_clusters,
    ResourceType.VIRTUAL_HOST: eager_names,
}
_BY_SIDE: Mapping[type[View], Callable[[TrackedLookup, Any, ResourceType], Iterator[str]]] = {
    InboundView: _inbound,
    OutboundView: _outbound,
    GatewayView: _gateway,
}
