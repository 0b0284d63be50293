"""What a proxy holds without asking: its listeners, its own side, and all of it where eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from gossamer.compile.cluster_name import (
    BLACKHOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    ClusterName,
    inbound_name,
)
from gossamer.compile.compiled import Held
from gossamer.compile.inbound_ports import served_ports
from gossamer.compile.kinds import Kind
from gossamer.compile.listeners.gateway import gateway_ports
from gossamer.compile.listeners.undeclared import undeclared_names
from gossamer.compile.outbound_ports import routed_ports
from gossamer.compile.reads import Reader
from gossamer.compile.routes.configurations import hosts_in
from gossamer.compile.routes.eager_hosts import eager_names, eager_rest
from gossamer.compile.routes.gateway import gateway_clusters
from gossamer.compile.routes.virtual_hosts import PLACEHOLDER
from gossamer.compile.views import Front, Inbound, Outbound, View, views_of
from gossamer.model.mesh import Lookup
from gossamer.model.pod import Discovery, Pod
from gossamer.model.service import Protocol, Service
from gossamer.model.visible import destination_for, service_for


def held(mesh: Lookup, pod: Pod, kind: Kind) -> Held:
    """The names of that kind which this pod's proxy gets unasked, and the cells they rest on.

    Endpoints, route configurations and secrets are always asked for by name.
    """
    read = Reader(mesh)
    sides = [held_by(mesh, view, kind) for view in views_of(read, pod).sides()]
    names = dict.fromkeys(name for side in sides for name in side.names)
    reads = read.reads.union(*(side.reads for side in sides))
    return Held(tuple(names), reads)


def held_by(mesh: Lookup, view: View, kind: Kind) -> Held:
    """Those of one side of a proxy, which all proxies with that side share."""
    read = Reader(mesh)
    parts = [held_apart(read, view, kind)]
    if by_host(view, kind):
        hosts = sorted(hosts_in(read, view.scope))
        parts += filter(None, (held_for(read, view, kind, host) for host in hosts))
    names = dict.fromkeys(name for part in parts for name in part.names)
    return Held(tuple(names), read.reads)


def by_host(view: View, kind: Kind) -> TypeGuard[Outbound]:
    """Whether every host in scope adds names: on the outbound side of an eager proxy."""
    eager = isinstance(view, Outbound) and view.discovery is Discovery.EAGER
    return eager and kind in _FOR_HOST


def held_apart(mesh: Lookup, view: View, kind: Kind) -> Held:
    """The names that follow from no single host."""
    read = Reader(mesh)
    names = tuple(_BY_SIDE[type(view)](read, view, kind))
    return Held(names, read.reads)


def held_for(mesh: Lookup, view: Outbound, kind: Kind, host: str) -> Held | None:
    """The names that one host adds; None where the scope sees no such service."""
    read = Reader(mesh)
    service = service_for(read, host, view.scope)
    if service is None:
        return None
    names = tuple(_FOR_HOST[kind](read, service, view.scope))
    return Held(names, read.reads)


def _gateway(read: Reader, view: Front, kind: Kind) -> Iterator[str]:
    if kind is Kind.LISTENER:
        yield from (f"gateway|{port}" for port in gateway_ports(read, view))
    elif kind is Kind.CLUSTER:
        yield from dict.fromkeys((BLACKHOLE, PASSTHROUGH, *gateway_clusters(read, view)))


def _inbound(read: Reader, view: Inbound, kind: Kind) -> Iterator[str]:
    if kind is Kind.LISTENER:
        yield "inbound"
    elif kind is Kind.CLUSTER:
        yield INBOUND_PASSTHROUGH
        yield from (inbound_name(port) for port in served_ports(read, view))


def _outbound(read: Reader, view: Outbound, kind: Kind) -> Iterator[str]:
    eager = view.discovery is Discovery.EAGER
    if kind is Kind.LISTENER:
        yield "outbound"
        yield from undeclared_names(read, view.scope)
    elif kind is Kind.CLUSTER:
        yield from (BLACKHOLE, PASSTHROUGH)
    elif kind is Kind.VIRTUAL_HOST and eager:
        yield from eager_rest(read, view.scope)
    elif kind is Kind.VIRTUAL_HOST:
        yield from (f"{port}/{PLACEHOLDER}" for port in routed_ports(read, view.scope))


def _outbound_clusters(read: Reader, service: Service, scope: str) -> Iterator[str]:
    """Every port of a service, and every subset of it."""
    destination = destination_for(read, service, scope)
    subsets = ("", *(each.name for each in destination.subsets)) if destination else ("",)
    for port in service.ports:
        if port.protocol is not Protocol.UDP:
            for subset in subsets:
                yield str(ClusterName(port.number, service.host, subset))


_FOR_HOST: Mapping[Kind, Callable[[Reader, Service, str], Iterator[str]]] = {
    Kind.CLUSTER: _outbound_clusters,
    Kind.VIRTUAL_HOST: eager_names,
}
_BY_SIDE: Mapping[type[View], Callable[[Reader, Any, Kind], Iterator[str]]] = {
    Inbound: _inbound,
    Outbound: _outbound,
    Front: _gateway,
}
