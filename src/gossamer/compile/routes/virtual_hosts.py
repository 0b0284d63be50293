"""Outbound virtual hosts, one for each host that a caller asked for (VHDS)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from envoy.config.route.v3 import route_components_pb2
from envoy.config.route.v3.route_components_pb2 import VirtualHost

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ClientView
from gossamer.compile.http.http1 import NO_HOST
from gossamer.compile.http_filters.connect import connect_route
from gossamer.compile.http_filters.dialled import (
    DIALLED,
    at_the_dialled_pod,
    by_dialled_address,
    by_its_host,
    with_its_host,
)
from gossamer.compile.routes.backends import cluster_of
from gossamer.compile.routes.entry import plain_entry, route_entries
from gossamer.compile.routes.hosts import RouteTarget, find_target, without_port
from gossamer.compile.routes.route_context import RouteContext, applies
from gossamer.contract.cluster_names import PASSTHROUGH, ClusterName
from gossamer.contract.route_names import VirtualHostName
from gossamer.model import tables
from gossamer.model.assembly.precedence import by_precedence
from gossamer.model.assembly.visible import behind, routes_for, settings_of
from gossamer.model.settings import OutboundTraffic
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.service import Service

PLACEHOLDER = "_placeholder"
PASSED = "passthrough"
"""The route of a host that no object declares, where the mesh is open."""


def build_virtual_host(read: TrackedLookup, view: ClientView, name: VirtualHostName) -> VirtualHost:
    """The virtual host `PORT/HOST` whose one domain is the host as it was asked for.

    Every host has one: an unknown one is looked for by the address that was dialled; if that is
    unknown too it passes through, or is refused under REGISTRY_ONLY.
    """
    asked = name.host
    host = VirtualHost(name=str(name), domains=[asked])
    if asked == PLACEHOLDER:
        return host
    context = RouteContext(view.namespace, view.labels, name.port)
    target = find_target(read, asked.removeprefix(DIALLED), view.namespace)
    if target is None or not target.by_name or not _at_port(asked, str(name.port)):
        read.found_undeclared()
    host.routes.extend(outbound_routes(read, target, context) or _unknown(read, asked))
    host.include_request_attempt_count = True
    pin(host, target, context)
    if asked.startswith(DIALLED):
        host.routes.append(connect_route(tunnel(read, target, context)))
        with_its_host(host)
        by_its_host(host)
    return host


def _at_port(asked: str, port: str) -> bool:
    """Whether a host is written without a port, or with the one that is called."""
    text = asked.removeprefix(DIALLED)
    written = text.rpartition(":")[2] if without_port(text) != text.strip("[]") else port
    return written == port


def _unknown(read: TrackedLookup, asked: str) -> list[route_components_pb2.Route]:
    """What the address that was dialled says; where that is unknown too, nobody knows.

    Under REGISTRY_ONLY a Host that no object declares is refused, whatever was dialled.
    """
    routes = unknown(read, "this host" if asked.startswith(DIALLED) else asked)
    names_nobody = without_port(asked) == NO_HOST
    if not asked.startswith(DIALLED) and (names_nobody or routes[0].name == PASSED):
        by_dialled_address(routes[0])
    return routes


def pin(host: VirtualHost, target: RouteTarget | None, context: RouteContext) -> None:
    """Have a headless service called at the pod that the caller chose, as its bytes are."""
    service = target.service if target is not None and not target.one_pod else None
    if service is not None and service.headless and not service.alias:
        cluster = str(ClusterName(context.port, service.host))
        at_the_dialled_pod(host, service.host, cluster)


def outbound_routes(
    read: TrackedLookup, target: RouteTarget | None, context: RouteContext
) -> list[route_components_pb2.Route]:
    """The routes to a target's port: those that were written, else straight to it; none if
    unknown."""
    if target is None:
        return []
    if not target.one_pod:
        route_sets = routes_for(read, target.host, context.port, context.namespace)
        if route_sets:
            return list(ruled(read, route_sets, context))
        meant = _stands_for(read, target, context)
        if meant is not None:
            return outbound_routes(read, meant, context)
    return straight(read, target, context)


def straight(
    read: TrackedLookup, target: RouteTarget, context: RouteContext
) -> list[route_components_pb2.Route]:
    """The route to a target's port where no route is written; none where it has no such port."""
    service = target.service
    if not target.one_pod and not (service and _serves(read, service, context)):
        return []
    for each in service.objects if service is not None else ():
        read.decided(each)
    return [plain_entry("default", cluster_of(read, target.host, context.port))]


def tunnel(
    read: TrackedLookup, target: RouteTarget | None, context: RouteContext
) -> route_components_pb2.Route:
    """The route of CONNECT, whose Host says nothing of who is asked."""
    direct = straight(read, target, context) if target is not None else []
    return direct[0] if direct else unknown(read, "this host")[0]


def _stands_for(
    read: TrackedLookup, target: RouteTarget, context: RouteContext
) -> RouteTarget | None:
    """The service of which the target is another name, so that its rules hold, as in Istio.

    Another name that a DestinationRule is for by itself is called by that.
    """
    service = target.service
    if service is None or not service.alias:
        return None
    if read.lookup(tables.DESTINATIONS, service.host) is not None:
        return None
    stand_in, _ = behind(read, service, context.namespace)
    if stand_in is None or stand_in.port(context.port) is None:
        return None
    for each in service.objects:
        read.decided(each)
    return replace(target, host=stand_in.host, service=stand_in)


def _serves(read: TrackedLookup, service: Service, context: RouteContext) -> bool:
    """Whether the service has that port. An alias without ports has those of its other name."""
    if not service.alias or service.ports:
        return service.port(context.port) is not None
    target, outside = behind(read, service, context.namespace)
    return bool(outside) or bool(target and target.port(context.port))


def ruled(
    read: TrackedLookup, route_sets: tuple[RouteSet, ...], context: RouteContext
) -> Iterator[route_components_pb2.Route]:
    """The routes of these sets that hold here, merged by precedence where several do."""
    pairs = [
        (route_set, route)
        for route_set in route_sets
        for route in route_set.routes
        if applies(route_set, route, context)
    ]
    for route_set, route in by_precedence(pairs):
        yield from route_entries(read, route_set, route, context)


def unknown(read: TrackedLookup, asked: str) -> list[route_components_pb2.Route]:
    """What becomes of a call to a host that no object declared."""
    settings = settings_of(read)
    read.decided(settings.object)
    if settings.outbound is OutboundTraffic.ALLOW_ANY:
        return [plain_entry(PASSED, PASSTHROUGH)]
    route = route_components_pb2.Route(name="blocked")
    route.match.prefix = "/"
    route.direct_response.status = 502
    route.direct_response.body.inline_string = (
        f"gossamer: {asked} is not in the mesh and REGISTRY_ONLY is in force. "
        "Declare it with a ServiceEntry."
    )
    return [route]
