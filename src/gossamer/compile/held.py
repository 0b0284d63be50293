"""What a proxy holds without asking: its listeners, its own side, and all of it where eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gossamer.compile.cluster_name import (
    BLACKHOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    ClusterName,
    inbound_name,
)
from gossamer.compile.compiled import Held
from gossamer.compile.eager_hosts import eager_names
from gossamer.compile.gateway_routes import gateway_clusters
from gossamer.compile.inbound_ports import served_ports
from gossamer.compile.kinds import Kind
from gossamer.compile.listeners_gateway import gateway_ports
from gossamer.compile.outbound_ports import http_ports
from gossamer.compile.reads import Reader
from gossamer.compile.routes import visible
from gossamer.compile.views import Front, Inbound, Outbound, View, views_of
from gossamer.compile.virtual_hosts import PLACEHOLDER
from gossamer.model.mesh import Lookup
from gossamer.model.pod import Discovery, Pod
from gossamer.model.service import Protocol
from gossamer.model.visible import destination_for


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
    names = tuple(_BY_SIDE[type(view)](read, view, kind))
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
    elif kind is Kind.CLUSTER:
        yield from (BLACKHOLE, PASSTHROUGH)
        yield from _all_outbound(read, view.scope) if eager else ()
    elif kind is Kind.VIRTUAL_HOST and eager:
        yield from eager_names(read, view.scope)
    elif kind is Kind.VIRTUAL_HOST:
        yield from (f"{port}/{PLACEHOLDER}" for port in http_ports(read, view.scope))


def _all_outbound(read: Reader, scope: str) -> Iterator[str]:
    """Every port of every service in scope, and every subset of it."""
    for service in sorted(visible(read, scope), key=lambda service: service.host):
        destination = destination_for(read, service, scope)
        subsets = ("", *(each.name for each in destination.subsets)) if destination else ("",)
        for port in service.ports:
            if port.protocol is not Protocol.UDP:
                for subset in subsets:
                    yield str(ClusterName(port.number, service.host, subset))


_BY_SIDE: Mapping[type[View], Callable[[Reader, Any, Kind], Iterator[str]]] = {
    Inbound: _inbound,
    Outbound: _outbound,
    Front: _gateway,
}
