"""Namespaces and classes that objects name and that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE, service_host
from gossamer.model.origin import Origin
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway, Grant
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.service import Service

_ALWAYS = ("", ".", EVERYWHERE, "default", "kube-system", "kube-public", ROOT_NAMESPACE)
_CLASSES = ("", "gossamer", "istio", "istio-remote", "istio-waypoint")
_SEEN = "spec.exportTo"


def unseen_routes(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Namespaces that a route set is exported to."""
    return _exported(read, subject, routes.consumers)


def unseen_destinations(
    read: TrackedLookup, subject: Subject, mine: Destination
) -> Iterator[Finding]:
    """Namespaces that a destination is exported to."""
    return _exported(read, subject, mine.export_to)


def unseen_services(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """Namespaces that a service is exported to."""
    return _exported(read, subject, service.export_to)


def _exported(read: TrackedLookup, subject: Subject, scopes: tuple[str, ...]) -> Iterator[Finding]:
    for scope in scopes:
        if not _exists(read, scope):
            effect = f"no namespace sees it by the name {scope}"
            yield _nowhere(subject.at(_SEEN), scope, effect)


def nobodys_grants(read: TrackedLookup, subject: Subject, grant: Grant) -> Iterator[Finding]:
    """Namespaces that a grant is given to, and the services that it names, where there are none."""
    for number, (_, _, namespace) in enumerate(grant.sources):
        if not _exists(read, namespace):
            place = subject.at(f"spec.from[{number}]")
            yield _nowhere(place, namespace, "nothing is granted by it")
    for number, (group, kind, name) in enumerate(grant.targets):
        is_service = (group, kind) == ("", "Service") and name
        if is_service and not read.lookup(tables.SERVICES, service_host(name, grant.namespace)):
            yield Finding(
                subject.at(f"spec.to[{number}]"),
                f"there is no Service {grant.namespace}/{name}",
                "nothing is granted by it",
                "Fix the name, or leave it out to grant all Services of the namespace",
                "invalid-reference",
                Severity.WARNING,
            )


def unknown_hosts_homes(
    read: TrackedLookup, subject: Subject, gateway: Gateway
) -> Iterator[Finding]:
    """Namespaces whose routes alone a listener's hosts are for."""
    for listener in gateway.listeners:
        for namespace in dict.fromkeys(home for home, _ in listener.hosts):
            if not _exists(read, namespace):
                place = subject.at(f"listener {listener.name}")
                yield _nowhere(place, namespace, "no route may attach to these hosts")


def unknown_classes(read: TrackedLookup, subject: Subject, gateway: Gateway) -> Iterator[Finding]:
    """A class that no object declares, and that is none of those that a mesh brings."""
    name = gateway.class_name
    if name not in _CLASSES and not read.lookup(tables.GATEWAY_CLASSES, name):
        yield Finding(
            subject.at("spec.gatewayClassName"),
            f"there is no GatewayClass {name}",
            "a cluster leaves the Gateway alone; a lab serves it all the same",
            "Name the class gossamer or istio, or declare the GatewayClass",
            "unknown-class",
            Severity.WARNING,
        )


def _exists(read: TrackedLookup, namespace: str) -> bool:
    return namespace in _ALWAYS or read.lookup(tables.INHABITED, namespace) is not None


def _nowhere(place: Origin, namespace: str, effect: str) -> Finding:
    return Finding(
        place,
        f"there is no namespace {namespace}",
        effect,
        "Fix the name, or declare the Namespace",
        "unknown-namespace",
        Severity.WARNING,
    )
