"""Backends, mirrors among them, that nothing can be sent to: host, port, subset or grant amiss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.compile.checks.nearest import remedy_for
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.grants import may_send
from gossamer.model import tables
from gossamer.model.assembly.visible import destination_for, service_for
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.origin import Origin
from gossamer.model.policies.mirror import Mirror
from gossamer.model.traffic.route import MESH, Backend, RouteSet
from gossamer.model.traffic.service import Service


@dataclass(frozen=True, slots=True)
class _Named:
    """A backend where it is named, and what its author loses if it is none."""

    backend: Backend
    origin: Origin
    effect: str
    severity: Severity


def dangling_backends(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """What is wrong with each backend and each mirror of a route set."""
    for named in _named(subject, routes):
        if not named.backend.refused:
            yield from _about(read, routes, named)


def _named(subject: Subject, routes: RouteSet) -> Iterator[_Named]:
    status = 500 if routes.dialect is Dialect.GATEWAY_API else 503
    answered = f"its share of the requests is answered {status}"
    for route in routes.routes:
        for number, backend in enumerate(route.backends):
            severity = Severity.ERROR if backend.weight else Severity.WARNING
            effect = answered if backend.weight else f"given any weight, {answered}"
            yield _Named(backend, subject.backend(route.name, number), effect, severity)
        mirror, rule = route.policies.get(Mirror), subject.rule(route.name)
        for number, target in enumerate(mirror.targets if mirror else ()):
            fields = (f"{rule}.mirrors[{number}]", f"{rule}.mirror", f"route {route.name}")
            backend = Backend(target.host, target.port, target.subset)
            yield _Named(
                backend, subject.at(*fields), "nothing is mirrored to it", Severity.WARNING
            )


def _about(read: TrackedLookup, routes: RouteSet, named: _Named) -> Iterator[Finding]:
    backend = named.backend
    service = service_for(read, backend.host, routes.namespace)
    if service is None:
        yield _no_host(read, routes.namespace, named)
        return
    if not may_send(read, routes, service):
        yield _not_granted(routes, service, named)
    missing = _missing_port(read, routes, service, backend)
    if missing is not None:
        yield _no_port(service, missing, named)
    if backend.subset:
        yield from _subset(read, routes, service, named)


def _missing_port(
    read: TrackedLookup, routes: RouteSet, service: Service, backend: Backend
) -> str | None:
    """The port that the service lacks, in words; None where it has it."""
    if backend.port is not None:
        return None if service.port(backend.port) else f"no port {backend.port}"
    if len(service.ports) == 1:
        return None
    owned = {port.number for port in service.ports}
    called = sorted(_called(read, routes) - owned)
    if called:
        return f"no port {called[0]}, which the gateway is called on"
    within = sorted(_called_in_mesh(read, routes))
    if owned and within and not owned.intersection(within):
        return f"no port {within[0]}, which callers of {routes.hosts[0]} call"
    return None


def _called(read: TrackedLookup, routes: RouteSet) -> set[int]:
    """The ports of the gateways that the routes are bound to."""
    ids = {parent.partition("#")[0] for parent in routes.parents if parent != MESH}
    gateways = (read.lookup(tables.GATEWAYS, EVERYWHERE) or ()) if ids else ()
    return {each.port for gateway in gateways if gateway.id in ids for each in gateway.listeners}


def _called_in_mesh(read: TrackedLookup, routes: RouteSet) -> set[int]:
    """The ports of the services whose calls the routes take: a backend is called on the same."""
    hosts = routes.hosts if MESH in routes.parents else ()
    services = (service_for(read, host, routes.namespace) for host in hosts)
    ports = {port.number for service in services if service for port in service.ports}
    return ports if routes.port is None else ports & {routes.port}


def _subset(
    read: TrackedLookup, routes: RouteSet, service: Service, named: _Named
) -> Iterator[Finding]:
    destination = destination_for(read, service, routes.namespace)
    if destination is not None and destination.subset(named.backend.subset) is not None:
        return
    known = ", ".join(each.name for each in destination.subsets) if destination else ""
    where = f"{destination.object} has {known or 'none'}" if destination else "none is declared"
    yield Finding(
        named.origin,
        f"{service.host} has no subset {named.backend.subset}: {where}",
        named.effect,
        f"Declare the subset {named.backend.subset} in a DestinationRule for {service.host}",
        "dangling-subset",
        named.severity,
    )


def _no_host(read: TrackedLookup, namespace: str, named: _Named) -> Finding:
    host = named.backend.host
    hidden = read.lookup(tables.SERVICES, host)
    if hidden:
        what = f"{host} is not visible in {namespace}: {hidden[0].object} exports it elsewhere"
        remedy = f"Add {namespace} to its exportTo, or send to another host"
    else:
        what = f"there is no service {host}"
        declare = "Declare it (a Service, or a ServiceEntry for an outside host), or fix the name"
        remedy = remedy_for(read, host, declare)
    return Finding(named.origin, what, named.effect, remedy, "dangling-host", named.severity)


def _no_port(service: Service, missing: str, named: _Named) -> Finding:
    ports = ", ".join(str(port.number) for port in service.ports) or "none"
    return Finding(
        named.origin,
        f"{service.host} has {missing}; its ports: {ports}",
        named.effect,
        "Name one of its ports, or add the port to the service",
        "dangling-port",
        named.severity,
    )


def _not_granted(routes: RouteSet, service: Service, named: _Named) -> Finding:
    return Finding(
        named.origin,
        f"no ReferenceGrant in {service.namespace} lets {routes.object.kind}s of "
        f"{routes.namespace} refer to {service.object}",
        named.effect,
        f"Add a ReferenceGrant in {service.namespace}: from {routes.object.kind} in "
        f"{routes.namespace}, to Service",
        "missing-grant",
        named.severity,
    )
