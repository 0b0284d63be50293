"""Route configurations: a port's on the outbound side, a listener's at a gateway.

A sidecar's port holds no host of its own: hosts come by VHDS, as they are asked for or, to an
eager one, all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from immutables import Map

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ClientView, GatewayView
from gossamer.compile.http_filters.late_route import off_where_routed
from gossamer.compile.routes.empty_configuration import route_config
from gossamer.compile.routes.gateway import gateway_hosts
from gossamer.contract.route_names import parse_sidecar_routes
from gossamer.model import tables
from gossamer.model.assembly.visible import service_for
from gossamer.model.ids import EVERYWHERE
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.service import Service


def build_routes(
    read: TrackedLookup, view: ClientView | GatewayView, name: str
) -> RouteConfiguration | None:
    """The route configuration of that name, `PORT`, `eager|PORT` or `gateway|PORT…`."""
    if isinstance(view, GatewayView):
        return gateway_hosts(read, view, name)
    return _without_hosts(name) if parse_sidecar_routes(name) else None


def _without_hosts(name: str) -> RouteConfiguration:
    config = route_config(name)
    config.vhds.config_source.ads.SetInParent()
    config.vhds.config_source.resource_api_version = ApiVersion.V3
    off_where_routed(config)
    return config


def visible(read: TrackedLookup, scope: str) -> Iterator[Service]:
    """Every service that clients of a scope see."""
    for host in hosts_in(read, scope):
        service = service_for(read, host, scope)
        if service is not None:
            yield service


def hosts_in(mesh: Lookup, scope: str) -> set[str]:
    """Every host that some service of a scope has."""
    hosts: set[str] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        held: Map[str, None] = mesh.lookup(tables.HOSTS, each) or Map()
        hosts.update(held)
    return hosts
