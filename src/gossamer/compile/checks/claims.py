"""Objects that claim what another one has: a host of the mesh, a service's name, a destination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.route import MESH, RouteSet
from gossamer.model.traffic.service import Service

_LOOKED_THROUGH = 200
"""Claims on one host among which losers are looked for: the first of them is named."""


def lost_hosts(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Each host of the mesh whose calls another object rules."""
    if MESH not in _parents(routes):
        return
    for number, host in enumerate(routes.hosts):
        claims = read.lookup(tables.ROUTES, host) or ()
        winner = _winner(claims, routes, host)
        if winner is not None:
            place = subject.at(f"spec.hosts[{number}]", "spec.service", "spec.parentRefs[0]")
            yield from _lost(place, host, winner, routes)


def shared_hosts(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Each host of the mesh that this object rules and another one would rule too."""
    if MESH not in _parents(routes):
        return
    for number, host in enumerate(routes.hosts):
        claims = (read.lookup(tables.ROUTES, host) or ())[:_LOOKED_THROUGH]
        if _winner(claims, routes, host) is None:
            place = subject.at(f"spec.hosts[{number}]", "spec.service", "spec.parentRefs[0]")
            losers = (each for each in claims if _winner((routes, each), each, host) is routes)
            yield from _counts(place, host, dict.fromkeys(each.object for each in losers), routes)


def _counts(
    place: Origin, host: str, losers: Iterable[ObjectRef], routes: RouteSet
) -> Iterator[Finding]:
    """That this object counts, by the dialects of those that do not."""
    names = [each for each in losers if each != routes.object]
    same = [each for each in names if each.kind == routes.object.kind]
    for code, others in (
        ("duplicate-host", same),
        ("lost-claim", [n for n in names if n not in same]),
    ):
        if others:
            yield Finding(
                place,
                f"{host} is also routed by {_listed(others)}; this object takes precedence",
                f"calls in the mesh to {host} use this object only",
                "Put what both want into one object, or delete one of the two",
                code,
                Severity.WARNING,
            )


def _listed(objects: list[ObjectRef]) -> str:
    more = f" and {len(objects) - 1} more" if len(objects) > 1 else ""
    return f"{objects[0]}{more}"


def _parents(routes: RouteSet) -> set[str]:
    return set(routes.parents).union(*(route.match.gateways for route in routes.routes))


def _winner(claims: Iterable[RouteSet], routes: RouteSet, host: str) -> RouteSet | None:
    """The claim on a host before this one that leaves it nothing for some namespace."""
    for claim in claims:
        if claim.object == routes.object:
            return None
        merges = claim.dialect is routes.dialect is Dialect.GATEWAY_API
        meet = claim.port is None or routes.port in (None, claim.port)
        if not merges and meet and _covers(claim.consumers_of(host), routes.consumers_of(host)):
            return claim
    return None


def _covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether every namespace of the one scope is in the other."""
    return EVERYWHERE in wide or set(narrow) <= set(wide)


def _lost(place: Origin, host: str, winner: RouteSet, routes: RouteSet) -> Iterator[Finding]:
    where = f"port {winner.port} of {host}" if winner.port is not None else host
    from_same = winner.dialect is routes.dialect
    why = "the older, then the first by name" if from_same else "Gateway API over Istio over SMI"
    yield Finding(
        place,
        f"{where} is already routed by {winner.object}, which takes precedence: {why}",
        f"calls in the mesh to {where} do not use this object",
        f"Put what both want into {winner.object}, or delete one of the two",
        "duplicate-host" if from_same else "lost-claim",
        Severity.ERROR if from_same else Severity.WARNING,
    )


def lost_services(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """A host that another object declares too, to the same clients."""
    claims = read.lookup(tables.SERVICES, service.host) or ()
    mine = next((at for at, each in enumerate(claims) if subject.object in each.objects), 0)
    for claim in claims[:mine]:
        if _covers(claim.export_to, service.export_to):
            yield _declared_before(subject, service, claim)
            return
    for claim in claims[mine + 1 :]:
        if _covers(service.export_to, claim.export_to):
            yield _declared_again(subject, service, claim)
            return


_MERGE = (
    "Make them one object, or let them merge: ServiceEntries of one namespace that agree on "
    "resolution, labels, workloadSelector and exportTo"
)


def _declared_before(subject: Subject, service: Service, claim: Service) -> Finding:
    return Finding(
        subject.at("spec.hosts[0]"),
        f"{service.host} is already declared by {claim.object}, which takes precedence",
        f"clients that see both are not sent to what this object says of {service.host}",
        _MERGE,
        "duplicate-host",
    )


def _declared_again(subject: Subject, service: Service, claim: Service) -> Finding:
    return Finding(
        subject.at("spec.hosts[0]"),
        f"{service.host} is also declared by {claim.object}, and does not merge with this one",
        f"this object takes precedence; what the other says of {service.host} has no effect",
        _MERGE,
        "duplicate-host",
        Severity.WARNING,
    )


def disputed_ports(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """Ports of which another entry, that merges with this one, says something else."""
    claims = read.lookup(tables.SERVICES, service.host) or ()
    merged = next((each for each in claims if subject.object in each.objects), None)
    if merged is None or len(merged.objects) < 2:
        return
    declared = (read.lookup(tables.DECLARED_SERVICES, service.host) or ())[:_LOOKED_THROUGH]
    others = [e for e in declared if e.object != subject.object and e.object in merged.objects]
    for number, mine in enumerate(service.ports):
        for other in others:
            its_port = other.port(mine.number)
            if its_port is not None and its_port.protocol is not mine.protocol:
                counts = merged.port(mine.number) == mine
                yield Finding(
                    subject.at(f"spec.ports[{number}]"),
                    f"port {mine.number} of {service.host} is {mine.protocol.value} here and "
                    f"{its_port.protocol.value} in {other.object}, which merges with this one",
                    f"what {'this object' if counts else 'the other'} says of the port is used",
                    "Say the same in both, or declare the port in one of them",
                    "duplicate-port",
                    Severity.WARNING,
                )
                break


def lost_destinations(
    read: TrackedLookup, subject: Subject, mine: Destination
) -> Iterator[Finding]:
    """A destination whose policies an older one for the same host in its namespace sets aside."""
    for claim in read.lookup(tables.DESTINATIONS, mine.host) or ():
        if claim.object == subject.object:
            return
        if claim.namespace == mine.namespace:
            yield _merged(subject, claim.object, mine)
            return


def shared_destinations(
    read: TrackedLookup, subject: Subject, mine: Destination
) -> Iterator[Finding]:
    """A destination into which a younger one for its host and namespace is merged."""
    claims = read.lookup(tables.DESTINATIONS, mine.host) or ()
    same = [each.object for each in claims[:_LOOKED_THROUGH] if each.namespace == mine.namespace]
    if len(same) > 1 and same[0] == subject.object:
        yield Finding(
            subject.at("spec.host"),
            f"{mine.host} has {_listed(same[1:])} in this namespace too; "
            "this object takes precedence",
            "the other's subsets are added to these, and its trafficPolicy is not used",
            "Put both into one DestinationRule",
            "duplicate-destination",
            Severity.WARNING,
        )


def _merged(subject: Subject, winner: ObjectRef, mine: Destination) -> Finding:
    return Finding(
        subject.at("spec.host"),
        f"{mine.host} already has {winner} in this namespace",
        "its trafficPolicy is not used; its subsets are added to those of the other",
        "Put both into one DestinationRule",
        "duplicate-destination",
        Severity.WARNING,
    )
