"""Outbound virtual hosts, one for each host that a caller asked for (VHDS)."""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import Route as EnvoyRoute
from envoy.config.route.v3.route_components_pb2 import VirtualHost

from gossamer.compile.cluster_name import PASSTHROUGH, ClusterName
from gossamer.compile.http1 import NO_HOST
from gossamer.compile.http_filters.connect import connect_route
from gossamer.compile.http_filters.dialled import (
    DIALLED,
    at_the_dialled_pod,
    by_dialled_address,
    by_its_host,
    with_its_host,
)
from gossamer.compile.reads import Reader
from gossamer.compile.routes.backends import cluster_of
from gossamer.compile.routes.bound import Bound, applies
from gossamer.compile.routes.entry import plain_entry, route_entries
from gossamer.compile.routes.hosts import Target, find_target, without_port
from gossamer.compile.views import Caller
from gossamer.model.precedence import by_precedence
from gossamer.model.route import RouteSet
from gossamer.model.service import Service
from gossamer.model.settings import OutboundTraffic
from gossamer.model.visible import routes_for, service_for, settings_of

PLACEHOLDER = "_placeholder"
PASSED = "passthrough"
"""The route of a host that nobody declares, where the mesh is open."""


def build_virtual_host(read: Reader, view: Caller, name: str) -> VirtualHost:
    """The virtual host `PORT/HOST` whose one domain is the host as it was asked for.

    Every host has one: an unknown one is looked for by the address that was dialled; if that is
    unknown too it passes through, or is refused under REGISTRY_ONLY.
    """
    port, _, asked = name.partition("/")
    host = VirtualHost(name=name, domains=[asked])
    if asked == PLACEHOLDER:
        return host
    bound = Bound(view.namespace, view.labels, int(port))
    target = find_target(read, asked.removeprefix(DIALLED), view.namespace)
    host.routes.extend(outbound_routes(read, target, bound) or _unknown(read, asked))
    host.include_request_attempt_count = True
    pin(host, target, bound)
    if asked.startswith(DIALLED):
        host.routes.append(connect_route(tunnel(read, target, bound)))
        with_its_host(host)
        by_its_host(host)
    return host


def _unknown(read: Reader, asked: str) -> list[EnvoyRoute]:
    """What the address that was dialled says; where that is unknown too, nobody knows.

    Under REGISTRY_ONLY a Host that nobody declares is refused, whatever was dialled.
    """
    routes = unknown(read, "this host" if asked.startswith(DIALLED) else asked)
    names_nobody = without_port(asked) == NO_HOST
    if not asked.startswith(DIALLED) and (names_nobody or routes[0].name == PASSED):
        by_dialled_address(routes[0])
    return routes


def pin(host: VirtualHost, target: Target | None, bound: Bound) -> None:
    """Have a headless service called at the pod that the caller chose, as its bytes are."""
    service = target.service if target is not None and not target.one_pod else None
    if service is not None and service.headless and not service.alias:
        cluster = str(ClusterName(bound.port, service.host))
        at_the_dialled_pod(host, service.host, cluster)


def outbound_routes(read: Reader, target: Target | None, bound: Bound) -> list[EnvoyRoute]:
    """The routes to a target's port: those somebody wrote, else straight to it; none if unknown."""
    if target is None:
        return []
    if not target.one_pod:
        claims = routes_for(read, target.host, bound.port, bound.namespace)
        if claims:
            return list(ruled(read, claims, bound))
    return straight(read, target, bound)


def straight(read: Reader, target: Target, bound: Bound) -> list[EnvoyRoute]:
    """The route to a target's port that nobody wrote; none where it has no such port."""
    service = target.service
    if not target.one_pod and not (service and _serves(read, service, bound)):
        return []
    for each in service.objects if service is not None else ():
        read.decided(each)
    return [plain_entry("default", cluster_of(read, target.host, bound.port))]


def tunnel(read: Reader, target: Target | None, bound: Bound) -> EnvoyRoute:
    """The route of CONNECT, whose Host says nothing of who is asked."""
    direct = straight(read, target, bound) if target is not None else []
    return direct[0] if direct else unknown(read, "this host")[0]


def _serves(read: Reader, service: Service, bound: Bound) -> bool:
    """Whether the service has that port. An alias without ports has those of its other name."""
    if not service.alias or service.ports:
        return service.port(bound.port) is not None
    target = service_for(read, service.alias, bound.namespace)
    return target is None or target.port(bound.port) is not None


def ruled(read: Reader, claims: tuple[RouteSet, ...], bound: Bound) -> Iterator[EnvoyRoute]:
    """The routes of these sets that hold here, merged by precedence where several do."""
    pairs = [
        (claim, route) for claim in claims for route in claim.routes if applies(claim, route, bound)
    ]
    for claim, route in by_precedence(pairs):
        yield from route_entries(read, claim, route, bound)


def unknown(read: Reader, asked: str) -> list[EnvoyRoute]:
    """What becomes of a call to a host that nobody declared."""
    settings = settings_of(read)
    read.decided(settings.object)
    if settings.outbound is OutboundTraffic.ALLOW_ANY:
        return [plain_entry(PASSED, PASSTHROUGH)]
    route = EnvoyRoute(name="blocked")
    route.match.prefix = "/"
    route.direct_response.status = 502
    route.direct_response.body.inline_string = (
        f"gossamer: {asked} is not in the mesh and REGISTRY_ONLY is in force. "
        "Declare it with a ServiceEntry."
    )
    return [route]
