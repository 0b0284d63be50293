"""Route configurations: a port's on the outbound side, a listener's at a gateway.

On demand a sidecar's port holds no host of its own: hosts come by VHDS as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from immutables import Map

from gossamer.compile.bound import Bound
from gossamer.compile.gateway_routes import gateway_hosts
from gossamer.compile.hosts import Target
from gossamer.compile.reads import Reader
from gossamer.compile.route_config import route_config
from gossamer.compile.views import Caller, Front
from gossamer.compile.virtual_hosts import outbound_routes, unknown
from gossamer.model import tables
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE
from gossamer.model.service import Service
from gossamer.model.visible import service_for


def build_routes(read: Reader, view: Caller | Front, name: str) -> RouteConfiguration | None:
    """The route configuration of that name, `PORT`, `eager|PORT` or `gateway|PORT…`."""
    if isinstance(view, Front):
        return gateway_hosts(read, view, name)
    if name.startswith("eager|"):
        return _eager(read, view, name, int(name.partition("|")[2]))
    return _on_demand(name) if name.isdigit() else None


def _on_demand(name: str) -> RouteConfiguration:
    config = route_config(name)
    config.vhds.config_source.ads.SetInParent()
    config.vhds.config_source.resource_api_version = 2
    return config


def _eager(read: Reader, view: Caller, name: str, port: int) -> RouteConfiguration:
    config = route_config(name)
    taken: set[str] = set()
    for service in sorted(visible(read, view.scope), key=lambda service: service.host):
        bound = Bound(view.namespace, view.labels, port)
        if service.port(port) is None:
            continue
        domains = [d for d in _domains(read, service, port, view.namespace) if d not in taken]
        taken.update(domains)
        host = VirtualHost(name=f"{port}/{service.host}", domains=domains)
        host.routes.extend(outbound_routes(read, Target(service.host, service), bound))
        host.include_request_attempt_count = True
        config.virtual_hosts.append(host)
    rest = VirtualHost(name=f"{port}/*", domains=["*"])
    rest.routes.extend(unknown(read, "this host"))
    config.virtual_hosts.append(rest)
    return config


def visible(read: Reader, scope: str) -> Iterator[Service]:
    """Every service that clients of a scope see."""
    hosts: set[str] = set()
    for each in dict.fromkeys((EVERYWHERE, scope)):
        held: Map[str, None] = read.lookup(tables.HOSTS, each) or Map()
        hosts.update(held)
    for host in hosts:
        service = service_for(read, host, scope)
        if service is not None:
            yield service


def _domains(read: Reader, service: Service, port: int, namespace: str) -> Iterator[str]:
    """Every way in which a caller may write a host, with and without its port."""
    names = [service.host, *(read.lookup(tables.VIRTUAL, service.host) or ())]
    suffix = f".svc.{CLUSTER_DOMAIN}"
    if service.host.endswith(suffix):
        short = service.host.removesuffix(suffix)
        names += [short, f"{short}.svc"]
        if service.namespace == namespace:
            names.append(short.partition(".")[0])
    for name in names:
        text = f"[{name}]" if ":" in name else name
        yield from (text, f"{text}:{port}")
