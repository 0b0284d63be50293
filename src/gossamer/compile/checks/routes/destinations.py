"""Destinations and endpoints without effect: unknown hosts and ports, subsets without pods."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.nearest import remedy_for
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.destination import Destination, Subset
from gossamer.model.traffic.service import DeclaredEndpoints, Resolution, Service
from gossamer.model.workload.labels import selects


def unused_destinations(
    read: TrackedLookup, subject: Subject, mine: Destination
) -> Iterator[Finding]:
    """A destination whose host no object declares, and parts of it that match nothing."""
    if "*" in mine.host:
        return
    services = read.lookup(tables.SERVICES, mine.host)
    if not services:
        yield Finding(
            subject.at("spec.host"),
            f"there is no service {mine.host}",
            "it applies to no calls",
            remedy_for(read, mine.host, "Declare the service (or a ServiceEntry), or fix the name"),
            "dangling-host",
            Severity.WARNING,
        )
        return
    yield from _ports(subject, mine, services[0])
    if services[0].resolution is Resolution.ENDPOINTS:
        yield from _subsets(read, subject, mine)


def _ports(subject: Subject, mine: Destination, service: Service) -> Iterator[Finding]:
    if service.alias:
        return
    for at, (number, _) in enumerate(mine.port_policies):
        if service.port(number) is None:
            yield Finding(
                subject.at(f"spec.trafficPolicy.portLevelSettings[{at}]"),
                f"{mine.host} has no port {number}",
                "these settings apply to no calls",
                "Name a port of the service (its port, not its targetPort)",
                "dangling-port",
                Severity.WARNING,
            )


def _subsets(read: TrackedLookup, subject: Subject, mine: Destination) -> Iterator[Finding]:
    endpoints = read.lookup(tables.ENDPOINTS, mine.host) or ()
    if not endpoints:
        return  # that is the service's own finding
    for subset in mine.subsets:
        if not subset.labels:
            yield _whole(subject, mine, subset)
        elif not any(selects(subset.labels, endpoint.labels) for endpoint in endpoints):
            words = ", ".join(f"{key}: {value}" for key, value in subset.labels)
            yield Finding(
                subject.at(f"subset {subset.name}"),
                f"no ready endpoint of {mine.host} has the labels {words} of {subset.name}",
                "calls to this subset fail with status 503",
                "Fix the labels of the subset, or those of the pods",
                "empty-subset",
                Severity.WARNING,
            )


def _whole(subject: Subject, mine: Destination, subset: Subset) -> Finding:
    return Finding(
        subject.at(f"subset {subset.name}"),
        f"the subset {subset.name} has no labels, so it is the whole of {mine.host}",
        "calls to it go to any endpoint of the service",
        "Give it the labels of the pods that are meant",
        "no-effect",
        Severity.INFO if list(subset.policies) or subset.port_policies else Severity.WARNING,
    )


def unused_endpoints(
    read: TrackedLookup, subject: Subject, mine: DeclaredEndpoints
) -> Iterator[Finding]:
    """Endpoints that no service uses, and ports of the service that no endpoints have."""
    services = read.lookup(tables.SERVICES, mine.host)
    if services:
        yield from _unnamed(read, subject, mine, services[0])
    else:
        yield Finding(
            subject.at(),
            f"there is no service {mine.host}",
            "these endpoints are never called",
            remedy_for(read, mine.host, "Declare the Service, or fix its name here"),
            "dangling-host",
            Severity.WARNING,
        )


def _unnamed(
    read: TrackedLookup, subject: Subject, mine: DeclaredEndpoints, service: Service
) -> Iterator[Finding]:
    """Ports that no endpoints have: those of one service may be told in several objects."""
    everywhere = _ALL_NAMES(read.lookup(tables.DECLARED_ENDPOINTS, mine.host) or ())
    have = ", ".join(repr(name) for name in sorted(_names(mine)))
    for port in service.ports if have else ():
        if port.name not in everywhere:
            yield Finding(
                subject.at("ports[0]", "subsets[0]"),
                f"it has no port named {port.name!r}, as port {port.number} of {mine.host} is; "
                f"it has {have}",
                f"calls to port {port.number} do not reach these endpoints",
                f"Name the port {port.name!r} here too",
                "unknown-port",
                Severity.WARNING,
            )


def _all_names(beside: tuple[DeclaredEndpoints, ...]) -> frozenset[str]:
    return frozenset(name for each in beside for name in _names(each))


_ALL_NAMES = Once(_all_names)


def _names(declared: DeclaredEndpoints) -> set[str]:
    return {name for endpoint in declared.endpoints for name, _ in endpoint.named_ports}
