"""Redirects that lead a client to where the same rule takes it again: it never arrives.

Told is only what is certain: the rule asks for nothing but a path, no rule before it takes the new
one, and the new address is one that the listener serves to the same routes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.attachment import is_parent, may_attach, meeting_hosts
from gossamer.compile.lookup.gateway_index import gateway_index
from gossamer.compile.routes.policies.redirect import WELL_KNOWN
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.server_tls import HttpsRedirect
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import MESH, Compare, Match, Route, RouteSet, StringMatch
from gossamer.model.traffic.service import Protocol

_LOOKED_THROUGH = 200
"""Rules before one, and route sets beside one, among which a taker of its path is looked for."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where requests come in: how, on which port, under which hosts, and in words."""

    scheme: str
    port: int
    hosts: frozenset[str]
    words: str
    gateway: str = ""


def endless_redirects(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Each rule that takes again what it redirected."""
    reported: set[str] = set()
    for at, route in enumerate(routes.routes):
        redirect = route.policies.get(Redirect)
        rule = subject.rule(route.name)
        if redirect is None or rule in reported or not _takes_again(routes, at, redirect):
            continue
        for place in _places(read, routes):
            if _leads_to(redirect, place) and not _taken_beside(read, routes, redirect, place):
                reported.add(rule)
                yield _told(subject, route, redirect, place)
                break


def _takes_again(routes: RouteSet, at: int, redirect: Redirect) -> bool:
    """Whether the rule takes the new path, and none before it does."""
    match = routes.routes[at].match
    if at > _LOOKED_THROUGH or _asks_for_more(match) or not _changes(redirect):
        return False
    path = _path(redirect)
    if path is None:
        return True
    if match.path is not None and match.path.compare is Compare.REGEX:
        return False
    earlier = (each.match.path for each in routes.routes[:at])
    return _takes(match.path, path) and not any(_takes(each, path) for each in earlier)


def _asks_for_more(match: Match) -> bool:
    more = (match.method, match.authority, match.scheme, match.headers, match.query, match.claims)
    narrow = (match.source_labels, match.source_namespace, match.gateways, match.port)
    return any(more) or any(narrow)


def _changes(redirect: Redirect) -> bool:
    """Whether it asks for anything; one that does not is reported where it is read."""
    port = redirect.port not in (None, RedirectPort.FROM_REQUEST)
    return port or any((redirect.scheme, redirect.authority, redirect.path))


def _path(redirect: Redirect) -> str | None:
    return redirect.path.value.partition("?")[0] if redirect.path else None


def _takes(path: StringMatch | None, text: str) -> bool:
    """Whether requests for this path are taken; in doubt they are."""
    if path is None or path.compare in (Compare.REGEX, Compare.PRESENT):
        return True
    value = path.value.lower() if path.ignore_case else path.value
    text = text.lower() if path.ignore_case else text
    if path.compare is Compare.EXACT:
        return text == value
    if path.compare is Compare.PREFIX:
        return text.startswith(value)
    return f"{text}/".startswith(f"{value.rstrip('/')}/")


def _places(read: TrackedLookup, routes: RouteSet) -> Iterator[_Place]:
    if MESH in routes.parents:
        yield from _in_mesh(read, routes)
    index = gateway_index(read).by_id
    for parent in dict.fromkeys(each.partition("#")[0] for each in routes.parents):
        gateway = index.get(parent)
        for listener in gateway.listeners if gateway else ():
            if gateway and is_parent(routes, gateway, listener):
                yield from _at_listener(read, routes, gateway, listener)


def _in_mesh(read: TrackedLookup, routes: RouteSet) -> Iterator[_Place]:
    for host in routes.hosts:
        for service in (read.lookup(tables.SERVICES, host) or ())[:1]:
            for port in service.ports:
                if port.protocol.is_http and routes.port in (None, port.number):
                    words = f"{host}:{port.number}"
                    yield _Place("http", port.number, frozenset(routes.hosts), words)


def _at_listener(
    read: TrackedLookup, routes: RouteSet, gateway: Gateway, listener: GatewayListener
) -> Iterator[_Place]:
    secured = listener.protocol is Protocol.HTTPS
    open_here = (secured or listener.protocol.is_http) and may_attach(read, routes, listener)
    if open_here and not listener.policies.get(HttpsRedirect):
        hosts = frozenset(served for _, served in meeting_hosts(routes, gateway, listener))
        words = f"listener {listener.name} of {gateway.object}"
        if hosts:
            yield _Place("https" if secured else "http", listener.port, hosts, words, gateway.id)


def _leads_to(redirect: Redirect, place: _Place) -> bool:
    """Whether the new address is of this place, path aside."""
    scheme = redirect.scheme or place.scheme
    port = redirect.port
    if port is RedirectPort.FROM_SCHEME:
        port = WELL_KNOWN[scheme]
    same_port = port in (None, RedirectPort.FROM_REQUEST, place.port)
    same_host = redirect.authority is None or redirect.authority.lower() in place.hosts
    return scheme == place.scheme and same_port and same_host


def _taken_beside(read: TrackedLookup, routes: RouteSet, redirect: Redirect, place: _Place) -> bool:
    """Whether another object's routes may take the new path, at a gateway or in the mesh."""
    path = _path(redirect)
    if path is None:
        return False
    if place.gateway:
        beside = read.lookup(tables.GATEWAY_ROUTES, place.gateway) or ()
    else:
        beside = tuple(
            each for host in routes.hosts for each in read.lookup(tables.ROUTES, host) or ()
        )
    others = [each for each in beside if each.object != routes.object]
    return len(others) > _LOOKED_THROUGH or any(
        _takes(route.match.path, path) for each in others for route in each.routes
    )


def _told(subject: Subject, route: Route, redirect: Redirect, place: _Place) -> Finding:
    path = _path(redirect)
    if path is not None:
        remedy = f"Take {path} in a rule before this one, or redirect to another host"
    elif redirect.scheme and place.gateway:
        remedy = (
            "Bind the rule to the listeners of the other scheme alone (sectionName in a parentRef, "
            "a Gateway of their own in Istio)"
        )
    else:
        remedy = "Redirect to another scheme, host, port or path"
    return Finding(
        subject.at(f"route {route.name}"),
        f"requests to {place.words} are redirected to an address that this rule matches again",
        "clients are redirected in a loop until they give up",
        remedy,
        "redirect-loop",
        Severity.WARNING,
    )
