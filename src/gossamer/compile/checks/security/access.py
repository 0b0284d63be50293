"""Traffic targets that refer to what is not there, and bindings that mean nobody as a source."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.traffic_targets import binding_of, routes_of
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.workload.access import PartyKind, TrafficTarget

_DENIED = "what it would allow is denied"


def dangling_routes(
    read: TrackedLookup, subject: Subject, target: TrafficTarget
) -> Iterator[Finding]:
    """Routes, or matches of routes, that are not there."""
    for reference in target.routes:
        routes = routes_of(read, target, reference)
        if routes is None:
            what = f"{reference.kind} {target.namespace}/{reference.name}"
            yield _missing(subject, reference.field, what, "Create it, or fix the name")
            continue
        known = {match.name for match in routes.matches}
        for name in reference.matches:
            if name not in known:
                have = ", ".join(sorted(known)) or "none"
                what = f"match {name} in {routes.object}"
                remedy = f"Write one of its matches ({have}), or add it there"
                yield _missing(subject, reference.field, what, remedy)


def dangling_bindings(
    read: TrackedLookup, subject: Subject, target: TrafficTarget
) -> Iterator[Finding]:
    """Bindings that are not there, and bindings that no certificate can name."""
    for party in (target.destination, *target.sources):
        if party.kind is not PartyKind.BINDING:
            continue
        binding = binding_of(read, party)
        if binding is None:
            effect = _DENIED if party in target.sources else "the object has no effect"
            what = f"IdentityBinding {party.namespace}/{party.name}"
            yield _missing(subject, party.field, what, "Create it, or fix the name", effect)
        elif party in target.sources and not (binding.account or binding.principals):
            yield Finding(
                subject.at(party.field),
                f"{binding.object} goes by labels alone, and callers are known by certificates, "
                "which name an account",
                "calls of this source are denied",
                "Name the service account of the callers",
                "no-effect",
                Severity.WARNING,
            )


def nobodys_account(
    read: TrackedLookup, subject: Subject, target: TrafficTarget
) -> Iterator[Finding]:
    """A destination whose account no pod uses."""
    party = target.destination
    name = f"{party.namespace}/{party.name}"
    if party.kind is PartyKind.ACCOUNT and not read.lookup(tables.PODS_BY_ACCOUNT, name):
        yield Finding(
            subject.at(party.field),
            f"no pod of the namespace {party.namespace} uses the service account {party.name}",
            "the object has no effect",
            "Name the account of the workload, or set serviceAccountName in its pods",
            "selector-matches-nothing",
            Severity.WARNING,
        )


def _missing(
    subject: Subject, field: str, what: str, remedy: str, effect: str = _DENIED
) -> Finding:
    return Finding(subject.at(field), f"there is no {what}", effect, remedy, "missing-reference")
