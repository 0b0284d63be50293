"""Which HTTP version an application gets: its caller's, wherever the caller knows what it asks for.

A workload that speaks cleartext HTTP/2 to a port does so because it knows the application; nothing
was negotiated. So sidecars carry its version on, to `http` ports and to those of which nobody said
what they speak. Somebody who came to a gateway negotiated with the gateway, and such a port is
called in HTTP/1.1 from there. Ports declared `http2` or `grpc` are
called in HTTP/2 by all, and `useClientProtocol` carries the caller's version everywhere, as in
Istio. `h2UpgradePolicy: UPGRADE` is an affair of the two proxies: the application gets HTTP/1.1.
"""

from __future__ import annotations

from dataclasses import replace

from gossamer.compile.clusters.upstream import Upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import EdgeView, ScopeView
from gossamer.model import tables
from gossamer.model.assembly.visible import destination_for, patterns
from gossamer.model.policies import Policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.service import Protocol, Service, ServicePort

_CARRIED = (Protocol.HTTP, Protocol.UNDECLARED)
_NOTHING = ConnectionPool()
_OTHERS_TLS = (ClientTlsMode.SIMPLE, ClientTlsMode.MUTUAL)


def pool_toward(upstream: Upstream, view: ScopeView | EdgeView) -> ConnectionPool | None:
    """What a destination says of connections, with the caller's version where it is carried."""
    pool = upstream.policies.get(ConnectionPool)
    if isinstance(view, EdgeView) or upstream.protocol not in _CARRIED or _upgrades(pool):
        return pool
    tls = upstream.policies.get(ClientTls)
    if tls is not None and tls.mode in _OTHERS_TLS:  # a server that negotiates for itself
        return pool
    return replace(pool or _NOTHING, use_client_protocol=True)


def carried_inside(
    read: TrackedLookup, service: Service, port: ServicePort, namespace: str
) -> bool:
    """Whether a workload's proxy hands a request on in the version that it came in."""
    destination = destination_for(read, service, namespace)
    own = destination.policies_for(port.number, "").get(ConnectionPool) if destination else None
    if own is not None and own.use_client_protocol:
        return True
    return port.protocol in _CARRIED and not _somebody_upgrades(read, service)


def _somebody_upgrades(read: TrackedLookup, service: Service) -> bool:
    """Whether some client's HTTP/2 may be its proxy's doing."""
    return any(
        _upgrades(policies.get(ConnectionPool))
        for pattern in patterns(service.host)
        for destination in read.lookup(tables.DESTINATIONS, pattern) or ()
        for policies in _all_policies(destination)
    )


def _all_policies(destination: Destination) -> list[Policies]:
    subsets = destination.subsets
    ports = (destination.port_policies, *(subset.port_policies for subset in subsets))
    return [
        destination.policies,
        *(subset.policies for subset in subsets),
        *(policies for each in ports for _, policies in each),
    ]


def _upgrades(pool: ConnectionPool | None) -> bool:
    return pool is not None and pool.h2_upgrade is H2Upgrade.UPGRADE
