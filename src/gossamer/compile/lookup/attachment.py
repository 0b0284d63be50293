"""Which routes stand at which listeners of a gateway, and under which hosts."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import patterns
from gossamer.model.ids import EVERYWHERE
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import RouteSet
from gossamer.model.workload.labels import selects


def is_parent(route_set: RouteSet, gateway: Gateway, listener: GatewayListener) -> bool:
    """Whether a parent of the set is this listener: the whole gateway, or this section of it."""
    inner = {g for route in route_set.routes for g in route.match.gateways}
    if gateway.id in route_set.parents or gateway.id in inner:
        return route_set.port in (None, listener.port)
    return f"{gateway.id}#{listener.name}" in route_set.parents


def may_attach(read: TrackedLookup, route_set: RouteSet, listener: GatewayListener) -> bool:
    """Whether routes of that namespace may attach (Gateway API's allowedRoutes)."""
    if listener.route_labels is not None:
        namespaces = read.lookup(tables.NAMESPACES, route_set.namespace)
        return namespaces is not None and selects(listener.route_labels, namespaces[0].labels)
    allowed = listener.route_namespaces
    return allowed is None or EVERYWHERE in allowed or route_set.namespace in allowed


def open_hosts(route_set: RouteSet, gateway: Gateway, listener: GatewayListener) -> Iterator[str]:
    """The listener's hosts that are open to the route set's namespace (`ns/host`)."""
    for namespace, host in listener.hosts:
        home = gateway.namespace if namespace == "." else namespace
        if home in (EVERYWHERE, route_set.namespace):
            yield host


def meeting_hosts(
    route_set: RouteSet, gateway: Gateway, listener: GatewayListener
) -> frozenset[tuple[str, str]]:
    """Each host of the set that a listener serves to it, with the host that is served then.

    A listener's host without a wildcard is looked up among the set's, however many those are.
    """
    wanted = _WANTED(route_set.hosts)
    pairs: set[tuple[str, str]] = set()
    for own in open_hosts(route_set, gateway, listener):
        near = route_set.hosts if own.startswith("*") else [p for p in patterns(own) if p in wanted]
        pairs.update((each, narrower(each, own)) for each in near)
    return frozenset(pair for pair in pairs if pair[1])


def _wanted(hosts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(hosts)


_WANTED = Once(_wanted)


def narrower(one: str, other: str) -> str:
    """The narrower of two host patterns where one covers the other, else the empty string."""
    for narrow, wide in ((one, other), (other, one)):
        if wide in (EVERYWHERE, narrow):
            return narrow
        if wide.startswith("*.") and narrow.endswith(wide[1:]):
            return narrow
    return ""
