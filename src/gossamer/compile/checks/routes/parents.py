"""Gateways that routes name: whether they are there, and whether they serve the routes' hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.attachment import may_attach, meeting_hosts
from gossamer.compile.lookup.gateway_index import gateway_index
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import Origin
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import MESH, RouteSet


def unserved_parents(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """What is wrong with each gateway that the set is bound to, and the hosts of none of them."""
    inner = {gateway for route in routes.routes for gateway in route.match.gateways}
    parents = [each for each in dict.fromkeys((*routes.parents, *sorted(inner))) if each != MESH]
    known = gateway_index(read).by_id if parents else {}
    serving: list[_Serving] = []
    for parent in parents:
        name, _, section = parent.partition("#")
        place = _place(subject, routes, parent)
        if name not in known:
            yield _no_gateway(place, name)
        elif section and section not in {each.name for each in known[name].listeners}:
            yield _no_listener(place, known[name], section)
        else:
            mine = [each for each in known[name].listeners if _is_meant(routes, parent, each)]
            context = _Serving(place, known[name], tuple(mine))
            closed = tuple(_closed(read, routes, context))
            yield from closed
            serving += () if closed else (context,)
    yield from _unserved(read, subject, routes, serving)


@dataclass(frozen=True, slots=True)
class _Serving:
    """A gateway that a set names, and its listeners that are meant."""

    place: Origin
    gateway: Gateway
    listeners: tuple[GatewayListener, ...]

    def served(self, routes: RouteSet) -> frozenset[str]:
        """The hosts of the set that one of the listeners serves to it."""
        met = (meeting_hosts(routes, self.gateway, each) for each in self.listeners)
        return frozenset(wanted for pairs in met for wanted, _ in pairs)


def _is_meant(routes: RouteSet, parent: str, listener: GatewayListener) -> bool:
    """Whether this parent of the set means the listener."""
    _, _, section = parent.partition("#")
    return section in ("", listener.name) and routes.port in (None, listener.port)


def _naming(routes: RouteSet) -> dict[str, list[str]]:
    """The routes that name each gateway in a match."""
    routes_by_gateway: dict[str, list[str]] = {}
    for route in routes.routes:
        for gateway in route.match.gateways:
            routes_by_gateway.setdefault(gateway, []).append(route.name)
    return routes_by_gateway


_NAMING = Once(_naming)


def _place(subject: Subject, routes: RouteSet, parent: str) -> Origin:
    """The place of the reference where it is known, else of the list."""
    if parent not in routes.parents:
        return subject.at(*(f"route {name}" for name in _NAMING(routes)[parent]))
    number = routes.parents.index(parent)
    several = "spec.parentRefs[1]" in subject.origins
    listed = "spec.parentRefs" if several else "spec.parentRefs[0]"
    return subject.at(f"spec.gateways[{number}]", "spec.gateways", listed)


def _closed(read: TrackedLookup, routes: RouteSet, context: _Serving) -> Iterator[Finding]:
    """Why no listener of a gateway takes the set, if none does."""
    if not context.listeners:
        message = f"{context.gateway.object} has no listener for it"
        yield _told(context.place, message, "dangling-gateway")
    elif not any(may_attach(read, routes, each) for each in context.listeners):
        yield _told(
            context.place,
            f"{context.gateway.object} takes no routes from the namespace {routes.namespace}",
            "route-not-allowed",
            "Allow the namespace in the listener's allowedRoutes",
        )


def _unserved(
    read: TrackedLookup, subject: Subject, routes: RouteSet, serving: list[_Serving]
) -> Iterator[Finding]:
    """Hosts that none of the gateways serves; else gateways that serve none of the hosts."""
    opened = [
        replace(each, listeners=tuple(li for li in each.listeners if may_attach(read, routes, li)))
        for each in serving
    ]
    served = [each.served(routes) for each in opened]
    anywhere = frozenset[str]().union(*served)
    lost = [pair for pair in enumerate(routes.hosts) if opened and pair[1] not in anywhere]
    for number, host in lost:
        fields = (f"spec.hosts[{number}]", f"spec.hostnames[{number}]")
        place = subject.at(*fields) if set(fields) & set(subject.origins) else opened[0].place
        yield _no_host(place, host, opened)
    for each, hosts in zip(opened, served, strict=True):
        if not lost and not hosts:
            yield _idle(each)


def _told(
    place: Origin,
    message: str,
    code: str,
    remedy: str = "Name a listener of the gateway, or add one to it",
) -> Finding:
    return Finding(place, message, "no request from outside uses it", remedy, code)


def _no_gateway(place: Origin, name: str) -> Finding:
    dialect, _, object_name = name.partition(":")
    return Finding(
        place,
        f"there is no {'Istio' if dialect == 'istio' else 'Gateway API'} Gateway {object_name}",
        "no request from outside uses it",
        "Declare the Gateway, or name one of another namespace as NAMESPACE/NAME",
        "dangling-gateway",
    )


def _no_listener(place: Origin, gateway: Gateway, section: str) -> Finding:
    names = ", ".join(each.name for each in gateway.listeners) or "none"
    message = f"{gateway.object} has no listener {section} that is open; it has {names}"
    return _told(place, message, "dangling-gateway")


def _hosts_of(serving: Iterable[_Serving]) -> str:
    listeners = (listener for each in serving for listener in each.listeners)
    return ", ".join(sorted({host for each in listeners for _, host in each.hosts})) or "none"


def _idle(context: _Serving) -> Finding:
    return Finding(
        context.place,
        f"{context.gateway.object} serves none of its hosts; the gateway's: {_hosts_of([context])}",
        "no request to this gateway uses it",
        "Take the gateway out of the list, or add a host of it",
        "host-not-served",
        Severity.WARNING,
    )


def _no_host(place: Origin, host: str, serving: list[_Serving]) -> Finding:
    names = [str(each.gateway.object) for each in serving]
    who = f"{names[0]} does not serve" if len(names) == 1 else f"none of {', '.join(names)} serves"
    return Finding(
        place,
        f"{who} {host} to it; served there: {_hosts_of(serving)}",
        f"requests from outside to {host} do not follow it",
        "Add the host to the gateway, or use one of its hosts",
        "host-not-served",
        Severity.WARNING,
    )
