"""A sidecar's outbound listener: everything that its workload calls.

Connections to a port of undeclared protocol are handed to a listener of that port
(`undeclared.py`), so that no other waits for its first bytes.

A chain for each HTTP port in scope whose hosts come as they are asked for, one for each TCP
address that must be told from it, one for whatever else is dialled inside the mesh; the outside
passes through without asking, or is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import OutboundView
from gossamer.compile.listeners.filter_chains import (
    chain,
    match_port,
    own_port_closed,
    sidecar_listener,
)
from gossamer.compile.listeners.http_connection import fetched_http
from gossamer.compile.listeners.inspectors import add_original_dst
from gossamer.compile.listeners.tcp_connection import Filters, to_cluster, to_dialled, to_fetched
from gossamer.compile.lookup.outbound_ports import (
    DeclaredTcp,
    declared_outside,
    declared_tcp,
    dialled_tcp,
    http_ports,
)
from gossamer.compile.side import Direction, Side
from gossamer.contract.cluster_names import BLACKHOLE, PASSTHROUGH, ClusterName
from gossamer.contract.listener_names import OUTBOUND
from gossamer.contract.ports import OUTBOUND_PORT
from gossamer.contract.route_names import SidecarRoutes
from gossamer.model.addressing.addresses import MESH_RANGES
from gossamer.model.assembly.visible import settings_of
from gossamer.model.settings import OutboundTraffic
from gossamer.model.workload.pod import Discovery


def outbound_listener(read: TrackedLookup, view: OutboundView) -> Listener:
    """The listener that captured calls arrive at."""
    listener = sidecar_listener(OUTBOUND, OUTBOUND_PORT, "OUTBOUND")
    add_original_dst(listener)
    listener.use_original_dst.value = True  # which hands connections to the listener of their port
    listener.filter_chains.append(own_port_closed(read, side(view, OUTBOUND_PORT)))
    listener.filter_chains.extend(_http_chains(read, view))
    listener.filter_chains.extend(tcp_chains(read, view))
    dialled = to_dialled(read, side(view))
    listener.filter_chains.append(chain("mesh", match_port(None, MESH_RANGES), dialled))
    listener.default_filter_chain.CopyFrom(outside_chain(read, view))
    return listener


def side(view: OutboundView, port: int | None = None) -> Side:
    """Where a chain of the outbound side stands."""
    return Side(Direction.OUTBOUND, view, port)


def route_name(view: OutboundView, port: int) -> str:
    """The route configuration of a port: its hosts on demand, or all of them at once."""
    return str(SidecarRoutes(port, eager=view.discovery is Discovery.EAGER))


def _http_chains(read: TrackedLookup, view: OutboundView) -> Iterator[FilterChain]:
    outside = declared_outside(read, view.scope)
    for port in http_ports(read, view.scope):
        yield http_chain(read, view, port, (*MESH_RANGES, *outside.get(port, ())))


def http_chain(
    read: TrackedLookup, view: OutboundView, port: int, ranges: Iterable[str]
) -> FilterChain:
    """Requests to a port, whose hosts come as they are asked for."""
    http = fetched_http(read, side(view, port), route_name(view, port))
    return chain(f"http|{port}", match_port(port, ranges), (http,))


def tcp_chains(read: TrackedLookup, view: OutboundView) -> Iterator[FilterChain]:
    """Bytes that would be taken for something else if no chain knew their addresses."""
    http = declared_outside(read, view.scope)
    taken = {(port, address) for port, addresses in http.items() for address in addresses}
    yield from service_chains(read, view, declared_tcp(read, view.scope), taken)
    # One chain a pod, so that pods that come and go drain no connections but their own.
    for pod in dialled_tcp(read, view.scope):
        if (pod.port, pod.address) not in taken:
            taken.add((pod.port, pod.address))
            proxy = to_dialled(read, side(view, pod.port), pod.idle)
            yield chain(
                f"tcp|{pod.port}|{pod.address}", match_port(pod.port, (pod.address,)), proxy
            )


def service_chains(
    read: TrackedLookup,
    view: OutboundView,
    services: Iterable[DeclaredTcp],
    taken: set[tuple[int, str]],
) -> Iterator[FilterChain]:
    """One chain a service, for those of its addresses that are not `taken`; they are then."""
    for declared in services:
        port, host = declared.port, declared.service.host
        free = [address for address in declared.addresses if (port, address) not in taken]
        taken.update((port, address) for address in free)
        if free:
            carry = _declared(read, side(view, port), declared)
            yield chain(f"tcp|{port}|{host}", match_port(port, free), carry)


def _declared(read: TrackedLookup, place: Side, declared: DeclaredTcp) -> Filters:
    """To a service, or to the one endpoint that the caller of a headless service chose."""
    if declared.service.headless:
        return to_cluster(read, place, PASSTHROUGH, declared.idle)
    name = ClusterName(declared.port, declared.service.host)
    return to_fetched(read, place, str(name), declared.idle)


def outside_chain(read: TrackedLookup, view: OutboundView) -> FilterChain:
    """What is dialled outside: passed through, or refused."""
    settings = settings_of(read)
    read.decided(settings.object)
    open_ = settings.outbound is OutboundTraffic.ALLOW_ANY
    chain = FilterChain(name="outside")
    chain.filters.extend(to_cluster(read, side(view), PASSTHROUGH if open_ else BLACKHOLE))
    return chain
