"""Requests on a TLS connection that was made for another listener: 421, so that clients try anew.

A client may send requests for all names that a certificate bears on one connection (HTTP/2 does).
Where the names belong to different listeners, the connection was let in by the rules of one and
must not carry requests for another; Gateway API asks for the same.

https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import VirtualHost

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.lookup.gateways import ServedListener, route_config_name, sharing_secret
from gossamer.compile.tls.server_tls import listener_secrets
from gossamer.model.ids import EVERYWHERE
from gossamer.model.traffic.service import Protocol

STATUS = 421
MOST = 200
"""Hosts told one by one. Beyond it every host that is not the listener's own is answered so:
naming all at all listeners would cost the square of their number."""


def misdirected_hosts(
    read: TrackedLookup, view: GatewayView, here: list[ServedListener]
) -> tuple[str, ...]:
    """The hosts of listeners that share a certificate with those behind a configuration."""
    mine = {route_config_name(one) for one in here}
    own = {host for one in here for host in _hosts(one)}
    hosts: dict[str, None] = {}
    for one in here:
        for other in _sharing(read, view, one):
            if route_config_name(other) not in mine:
                hosts.update(dict.fromkeys(host for host in _hosts(other) if host not in own))
            if len(hosts) > MOST:
                return () if EVERYWHERE in own else (EVERYWHERE,)
    return tuple(sorted(hosts))


def misdirected(host: str, port: int) -> VirtualHost:
    """The virtual host that answers for a host of another listener."""
    virtual_host = VirtualHost(name=f"misdirected|{host}:{port}", domains=[host])
    route = virtual_host.routes.add(name="misdirected")
    route.match.prefix = "/"
    route.direct_response.status = STATUS
    return virtual_host


def _sharing(
    read: TrackedLookup, view: GatewayView, one: ServedListener
) -> Iterator[ServedListener]:
    """Other TLS listeners at the same port that serve with one of its certificates."""
    if one.listener.protocol is not Protocol.HTTPS:
        return
    certificates = set(listener_secrets(read, view, one.gateway, one.listener))
    for other in sharing_secret(read, view, one) if certificates else ():
        if certificates & set(listener_secrets(read, view, other.gateway, other.listener)):
            yield other


def _hosts(one: ServedListener) -> list[str]:
    return [host.lower() for _, host in one.listener.hosts] or [EVERYWHERE]
