"""Which HTTP version an application gets: its caller's, wherever the caller knows what it asks for.

A workload that speaks cleartext HTTP/2 to a port does so because it knows the application; nothing
was negotiated. So sidecars carry its version on, to `http` ports and to those of undeclared
protocol. Somebody who came to a gateway negotiated with the gateway, and such a port is
called in HTTP/1.1 from there. Ports declared `http2` or `grpc` are
called in HTTP/2 by all, and `useClientProtocol` carries the caller's version everywhere, as in
Istio. `h2UpgradePolicy: UPGRADE` is an affair of the two proxies: the application gets HTTP/1.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.compile.clusters.upstream import Upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import EdgeView, ScopeView
from gossamer.model import tables
from gossamer.model.assembly.visible import destination_for, patterns
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade
from gossamer.model.traffic.destination import Destination, Subset
from gossamer.model.traffic.service import Protocol, Service, ServicePort
from gossamer.model.workload.labels import Labels, selects

CARRIED = (Protocol.HTTP, Protocol.UNDECLARED)
"""Ports to which a sidecar's caller is heard in its own version."""
_NOTHING = ConnectionPool()
_TREATMENTS = ("upgraded", "kept")
_OTHERS_TLS = (ClientTlsMode.SIMPLE, ClientTlsMode.MUTUAL)


def pool_toward(upstream: Upstream, view: ScopeView | EdgeView) -> ConnectionPool | None:
    """What a destination says of connections, with the caller's version where it is carried."""
    pool = upstream.policies.get(ConnectionPool)
    if isinstance(view, EdgeView) or upstream.protocol not in CARRIED or _upgrades(pool):
        return pool
    tls = upstream.policies.get(ClientTls)
    if tls is not None and tls.mode in _OTHERS_TLS:  # a server that negotiates for itself
        return pool
    return replace(pool or _NOTHING, use_client_protocol=True)


def carried_inside(
    read: TrackedLookup, service: Service, port: ServicePort, namespace: str, labels: Labels
) -> bool:
    """Whether the proxy of a workload with these labels hands a request on as it came in.

    What one destination has upgraded on some of its ways to the workload cannot be told there from
    what came as HTTP/2 on another: then it is HTTP/1.1.
    """
    destination = destination_for(read, service, namespace)
    own = _pools(destination, port.number, labels) if destination else []
    is_asked = any(pool.use_client_protocol for pool in own)
    if is_asked and (port.protocol not in CARRIED or not any(map(_upgrades, own))):
        return True
    return port.protocol in CARRIED and not _somebody_upgrades(read, service, port, labels)


def mixed_subsets(destination: Destination, port: int) -> Iterator[int]:
    """The places of subsets whose workloads are called both upgraded and as their callers sent.

    A subset that selects another one's workloads is looked up by one of its labels, so that many
    subsets cost no more than each of them.
    """
    host = _treatment(destination, port, None)
    others: dict[tuple[str, str] | None, list[tuple[Labels, set[str]]]] = {}
    for subset in destination.subsets:
        if more := _treatment(destination, port, subset) - host:
            first = subset.labels[0] if subset.labels else None
            others.setdefault(first, []).append((subset.labels, more))
    for at, subset in enumerate(destination.subsets):
        near = (each for label in (None, *subset.labels) for each in others.get(label, ()))
        ways = host.union(*(more for labels, more in near if selects(labels, subset.labels)))
        if len(ways) == len(_TREATMENTS):
            yield at


def _treatment(destination: Destination, port: int, subset: Subset | None) -> set[str]:
    """What becomes of a caller's HTTP version on one way: it is upgraded, kept, or neither."""
    pool = destination.policies_of(port, subset).get(ConnectionPool)
    flags = (_upgrades(pool), pool is not None and pool.use_client_protocol)
    return {name for name, holds in zip(_TREATMENTS, flags, strict=True) if holds}


def _somebody_upgrades(
    read: TrackedLookup, service: Service, port: ServicePort, labels: Labels
) -> bool:
    """Whether some client's HTTP/2 may be its proxy's doing."""
    return any(
        _upgrades(pool)
        for pattern in patterns(service.host)
        for destination in read.lookup(tables.DESTINATIONS, pattern) or ()
        for pool in _pools(destination, port.number, labels)
    )


def _pools(destination: Destination, port: int, labels: Labels) -> list[ConnectionPool]:
    """What holds on each way to such a workload: by the host, and by each subset that it is in."""
    subsets = [each for each in destination.subsets if selects(each.labels, labels)]
    ways = (destination.policies_of(port, each) for each in (None, *subsets))
    return [pool for way in ways if (pool := way.get(ConnectionPool))]


def _upgrades(pool: ConnectionPool | None) -> bool:
    return pool is not None and pool.h2_upgrade is H2Upgrade.UPGRADE
