"""What a proxy holds without asking: its listeners, its own side, and all of it where eager."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.cluster_name import (
    BLACKHOLE,
    INBOUND_PASSTHROUGH,
    PASSTHROUGH,
    ClusterName,
    inbound_name,
)
from gossamer.compile.compiled import Held
from gossamer.compile.gateway_routes import gateway_clusters
from gossamer.compile.inbound_ports import served_ports
from gossamer.compile.kinds import Kind
from gossamer.compile.listeners_gateway import gateway_ports
from gossamer.compile.outbound_ports import http_ports
from gossamer.compile.reads import Reader
from gossamer.compile.routes import visible
from gossamer.compile.views import Front, inbound_view
from gossamer.compile.virtual_hosts import PLACEHOLDER
from gossamer.model.mesh import Lookup
from gossamer.model.pod import Discovery, Pod, ProxyRole
from gossamer.model.service import Protocol
from gossamer.model.visible import destination_for, scope_of


def held(mesh: Lookup, pod: Pod, kind: Kind) -> Held:
    """The names of that kind which this pod's proxy gets unasked, and the cells they rest on.

    Endpoints, route configurations and secrets are always asked for by name.
    """
    read = Reader(mesh)
    held_by = _BY_ROLE.get(pod.role)
    names = tuple(held_by(read, pod, kind)) if held_by else ()
    return Held(names, read.reads)


def _gateway(read: Reader, pod: Pod, kind: Kind) -> Iterator[str]:
    scope = scope_of(read, pod.namespace)
    view = Front(scope, pod.namespace, pod.labels, pod.service_account)
    if kind is Kind.LISTENER:
        yield from (f"gateway|{port}" for port in gateway_ports(read, view))
    elif kind is Kind.CLUSTER:
        yield from dict.fromkeys((BLACKHOLE, PASSTHROUGH, *gateway_clusters(read, view)))


def _sidecar(read: Reader, pod: Pod, kind: Kind) -> Iterator[str]:
    scope = scope_of(read, pod.namespace)
    eager = pod.discovery is Discovery.EAGER
    if kind is Kind.LISTENER:
        yield from ("inbound", "outbound")
    elif kind is Kind.CLUSTER:
        yield from (BLACKHOLE, INBOUND_PASSTHROUGH, PASSTHROUGH)
        yield from (inbound_name(port) for port in served_ports(read, inbound_view(read, pod)))
        yield from _all_outbound(read, scope) if eager else ()
    elif kind is Kind.VIRTUAL_HOST and not eager:
        yield from (f"{port}/{PLACEHOLDER}" for port in http_ports(read, scope))


def _all_outbound(read: Reader, scope: str) -> Iterator[str]:
    """Every port of every service in scope, and every subset of it."""
    for service in sorted(visible(read, scope), key=lambda service: service.host):
        destination = destination_for(read, service, scope)
        subsets = ("", *(each.name for each in destination.subsets)) if destination else ("",)
        for port in service.ports:
            if port.protocol is not Protocol.UDP:
                for subset in subsets:
                    yield str(ClusterName(port.number, service.host, subset))


_BY_ROLE = {ProxyRole.SIDECAR: _sidecar, ProxyRole.GATEWAY: _gateway}
