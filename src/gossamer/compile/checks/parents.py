"""Gateways that routes name: whether they are there, and whether they serve the routes' hosts."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.attachment import common_hosts, is_parent, may_attach
from gossamer.compile.checks.subject import Subject
from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.gateway import Gateway
from gossamer.model.ids import EVERYWHERE
from gossamer.model.origin import Origin
from gossamer.model.route import MESH, RouteSet


def unserved_parents(read: Reader, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """What is wrong with each gateway that the set is bound to."""
    inner = {gateway for route in routes.routes for gateway in route.match.gateways}
    parents = [each for each in dict.fromkeys((*routes.parents, *sorted(inner))) if each != MESH]
    known = {}
    if parents:
        known = {gateway.id: gateway for gateway in read.lookup(tables.GATEWAYS, EVERYWHERE) or ()}
    for parent in parents:
        name, _, section = parent.partition("#")
        place = _place(subject, routes, parent)
        if name not in known:
            yield _no_gateway(place, name)
        elif section and section not in {each.name for each in known[name].listeners}:
            yield _no_listener(place, known[name], section)
        else:
            yield from _unserved(read, place, routes, known[name])


def _place(subject: Subject, routes: RouteSet, parent: str) -> Origin:
    """The place of the reference where it can be told, else of the list."""
    if parent not in routes.parents:
        within = (r for r in routes.routes if parent in r.match.gateways)
        return subject.at(*(f"route {route.name}" for route in within))
    number = routes.parents.index(parent)
    several = "spec.parentRefs[1]" in subject.origins
    listed = "spec.parentRefs" if several else "spec.parentRefs[0]"
    return subject.at(f"spec.gateways[{number}]", "spec.gateways", listed)


def _unserved(read: Reader, place: Origin, routes: RouteSet, gateway: Gateway) -> Iterator[Finding]:
    mine = [each for each in gateway.listeners if is_parent(routes, gateway, each)]
    if not mine:
        yield _told(place, f"{gateway.object} has no listener for it", "dangling-gateway")
        return
    open_to = [each for each in mine if may_attach(read, routes, each)]
    if not open_to:
        yield _told(
            place,
            f"{gateway.object} takes no routes from the namespace {routes.namespace}",
            "route-not-allowed",
            "Allow the namespace in the listener's allowedRoutes",
        )
        return
    for host in routes.hosts:
        if not any(common_hosts(routes, host, gateway, each) for each in open_to):
            yield _no_host(place, host, gateway)


def _told(
    place: Origin,
    message: str,
    code: str,
    remedy: str = "Name a listener of the gateway, or add one to it",
) -> Finding:
    return Finding(place, message, "no request from outside follows it", remedy, code)


def _no_gateway(place: Origin, name: str) -> Finding:
    dialect, _, object_name = name.partition(":")
    return Finding(
        place,
        f"there is no {'Istio' if dialect == 'istio' else 'Gateway API'} Gateway {object_name}",
        "no request from outside follows it",
        "Declare the Gateway, or name one of another namespace as NAMESPACE/NAME",
        "dangling-gateway",
    )


def _no_listener(place: Origin, gateway: Gateway, section: str) -> Finding:
    names = ", ".join(each.name for each in gateway.listeners) or "none"
    message = f"{gateway.object} has no listener {section} that is open; it has {names}"
    return _told(place, message, "dangling-gateway")


def _no_host(place: Origin, host: str, gateway: Gateway) -> Finding:
    served = ", ".join(sorted({h for each in gateway.listeners for _, h in each.hosts})) or "none"
    return Finding(
        place,
        f"{gateway.object} does not serve {host} to it; its hosts: {served}",
        f"requests from outside to {host} do not follow it",
        "Add the host to the gateway, or use one of its hosts",
        "host-not-served",
        Severity.WARNING,
    )
