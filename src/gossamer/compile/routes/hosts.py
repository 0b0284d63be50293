"""What a caller means by a host: short names, full names, addresses, single pods.

The candidates are those of a pod's DNS search path, in its order, so that a name means the same
to a proxy as to a resolver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.addressing.address_holder import AddressHolder, PodHolder
from gossamer.model.assembly.visible import patterns, service_for
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.traffic.service import Service


@dataclass(frozen=True, slots=True)
class RouteTarget:
    """A host that is known: its full name (an IP for a bare pod), and the service it is.

    `by_name`: whether its very name is declared, and not a pattern that holds names without end.
    """

    host: str
    service: Service | None
    one_pod: bool = False
    by_name: bool = True


def without_port(asked: str) -> str:
    """The host of a Host header: `reviews:9080` and `[::1]:80` lose their port."""
    if asked.startswith("["):
        return asked[1:].partition("]")[0]
    host, colon, port = asked.rpartition(":")
    return host if colon and port.isdigit() else asked


def find_target(read: TrackedLookup, asked: str, namespace: str) -> RouteTarget | None:
    """The host that a caller of that namespace means; None where nothing has that name."""
    host = without_port(asked).lower()
    holder = read.lookup(tables.ADDRESSES, host)
    if holder is not None:
        return _by_address(read, host, holder, namespace)
    for candidate in _candidates(host, namespace):
        service = service_for(read, candidate, namespace)
        if service is not None or _is_routed(read, candidate, namespace):
            return RouteTarget(candidate, service)
        if read.lookup(tables.HOSTNAMES, candidate) and _may_name(read, candidate, namespace):
            return _one_pod(read, candidate, namespace)
    below = _below_headless(read, host, namespace)
    return below or _by_wildcard(read, host.rstrip("."), namespace)


def _is_routed(read: TrackedLookup, pattern: str, namespace: str) -> bool:
    """Whether some routes of that very host or pattern are for callers of that namespace."""
    claims = read.lookup(tables.ROUTES, pattern) or ()
    return any(claim.visible_in(namespace, pattern) for claim in claims)


def _may_name(read: TrackedLookup, pod_name: str, namespace: str) -> bool:
    """Whether the service below which a pod has its name is exported to that namespace; true
    where no object declares it."""
    parent = pod_name.partition(".")[2]
    claims = read.lookup(tables.SERVICES, parent)
    return claims is None or service_for(read, parent, namespace) is not None


def _candidates(host: str, namespace: str) -> Iterator[str]:
    if host.endswith("."):  # said to be whole: no search path
        yield host.rstrip(".")
        return
    for suffix in (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN):
        yield f"{host}.{suffix}"
    yield host


def _by_address(
    read: TrackedLookup, address: str, holder: AddressHolder, namespace: str
) -> RouteTarget | None:
    if isinstance(holder, PodHolder):
        return RouteTarget(address, None, one_pod=True)
    service = service_for(read, holder.host, namespace)
    return RouteTarget(holder.host, service) if service else None


def _one_pod(read: TrackedLookup, host: str, namespace: str) -> RouteTarget:
    return RouteTarget(host, service_for(read, host.partition(".")[2], namespace), one_pod=True)


def _below_headless(read: TrackedLookup, host: str, namespace: str) -> RouteTarget | None:
    """A headless service, called by the name of an endpoint that is not a pod."""
    for candidate in _candidates(host, namespace):
        above = candidate.partition(".")[2]
        service = service_for(read, above, namespace)
        if service is not None and service.headless and not service.alias:
            return RouteTarget(above, service, by_name=False)
    return None


def _by_wildcard(read: TrackedLookup, host: str, namespace: str) -> RouteTarget | None:
    for pattern in list(patterns(host))[1:]:
        service = service_for(read, pattern, namespace)
        if service is not None:
            return RouteTarget(pattern, service, by_name=False)
        if pattern != "*" and _is_routed(read, pattern, namespace):
            return RouteTarget(host, None, by_name=False)
    return None
