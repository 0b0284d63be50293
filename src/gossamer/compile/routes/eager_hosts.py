"""Virtual hosts of eager sidecars: all that a scope sees, pushed as wildcard, one resource a host.

They come by VHDS as those on demand do, so that a change of one host is one small resource and
not a whole route configuration. A host answers to every spelling that would mean it on demand;
what nothing else matches goes to `*`.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from immutables import Map

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ClientView
from gossamer.compile.http_filters.connect import connect_route
from gossamer.compile.http_filters.dialled import (
    DIALLED,
    by_dialled_address,
    by_dialled_cluster,
    with_its_host,
)
from gossamer.compile.lookup.outbound_ports import routed_ports
from gossamer.compile.routes.hosts import RouteTarget, find_target
from gossamer.compile.routes.route_context import RouteContext
from gossamer.compile.routes.virtual_hosts import PASSED, outbound_routes, pin, tunnel, unknown
from gossamer.contract.addresses import bracketed, with_port
from gossamer.contract.route_names import VirtualHostName, virtual_host_name
from gossamer.model import tables
from gossamer.model.assembly.visible import service_for
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE
from gossamer.model.traffic.service import Service


def eager_rest(read: TrackedLookup, scope: str) -> Iterator[str]:
    """`eager|PORT/*` for each HTTP port, and the hosts with routes that no registry knows."""
    alone: Map[str, None] = read.lookup(tables.ROUTED_ALONE, EVERYWHERE) or Map()
    hosts = sorted({EVERYWHERE, *alone})
    return (
        virtual_host_name(port, host, eager=True)
        for port in routed_ports(read, scope)
        for host in hosts
    )


def eager_names(read: TrackedLookup, service: Service, scope: str) -> Iterator[str]:
    """`eager|PORT/HOST` for each HTTP port that the service has."""
    ports = (port for port in routed_ports(read, scope) if service.port(port) is not None)
    return (virtual_host_name(port, service.host, eager=True) for port in ports)


def eager_host(read: TrackedLookup, view: ClientView, name: VirtualHostName) -> VirtualHost | None:
    """The virtual host of that name; None where no spelling of it means this host."""
    host = name.host
    context = RouteContext(view.namespace, view.labels, name.port)
    service = service_for(read, host, view.scope)
    if host == EVERYWHERE and service is None:
        return _rest(read, str(name))
    target = RouteTarget(host, service)
    routes = outbound_routes(read, target, context)
    domains = list(_domains(read, host, context)) if routes else []
    if not domains:
        return None
    virtual_host = VirtualHost(name=str(name), domains=domains, include_request_attempt_count=True)
    virtual_host.routes.extend(routes)
    pin(virtual_host, target, context)
    if read.lookup(tables.VIRTUAL, host):
        virtual_host.routes.append(connect_route(tunnel(read, target, context)))
        with_its_host(virtual_host)
    return virtual_host


def _rest(read: TrackedLookup, name: str) -> VirtualHost:
    rest = VirtualHost(name=name, domains=[EVERYWHERE])
    (passed,) = unknown(read, "this host")
    dialled = by_dialled_cluster(passed) if passed.name == PASSED else None
    if dialled is not None:
        by_dialled_address(passed)
        rest.routes.append(dialled)
    rest.routes.extend((passed, connect_route(dialled or passed)))
    with_its_host(rest)
    return rest


def _domains(read: TrackedLookup, host: str, context: RouteContext) -> Iterator[str]:
    """Every way in which a caller may write a host, with and without its port.

    Each spelling means one host alone, so no two virtual hosts ever share a domain.
    """
    for name in dict.fromkeys(_spellings(read, host, context.namespace)):
        text = bracketed(name)
        meant = find_target(read, text, context.namespace)
        if meant is not None and meant.host == host and not meant.one_pod:
            yield text
            if text != EVERYWHERE:
                yield f"{text}:{context.port}"
    for address in read.lookup(tables.VIRTUAL, host) or ():
        yield f"{DIALLED}{with_port(address, context.port)}"
    yield from _below(read, host, context)


def _below(read: TrackedLookup, host: str, context: RouteContext) -> Iterator[str]:
    """Names below a headless service: its pods and other endpoints, each as it was dialled."""
    service = service_for(read, host, context.namespace)
    if service is None or not service.headless or service.alias:
        return
    for name in dict.fromkeys(_spellings(read, host, context.namespace)):
        meant, pattern = find_target(read, name, context.namespace), f"*.{name}"
        if meant and meant.host == host and not service_for(read, pattern, context.namespace):
            yield from (pattern, f"{pattern}:{context.port}")


def _spellings(read: TrackedLookup, host: str, namespace: str) -> Iterator[str]:
    yield host
    yield from read.lookup(tables.VIRTUAL, host) or ()
    suffix = f".svc.{CLUSTER_DOMAIN}"
    if host.endswith(suffix):
        short = host.removesuffix(suffix)
        yield from (short, f"{short}.svc")
        name, _, home = short.rpartition(".")
        if home == namespace:
            yield name
