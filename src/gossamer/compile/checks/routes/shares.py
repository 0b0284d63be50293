"""Backends that stand twice in one rule: their shares add up, which few people mean."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.route import Route, RouteSet


def doubled_backends(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Each backend of a rule that is the same as one before it, policies and all."""
    for route in routes.routes:
        yield from _doubled(subject, route)


def _doubled(subject: Subject, route: Route) -> Iterator[Finding]:
    seen: dict[object, int] = {}
    for number, backend in enumerate(route.backends):
        whom = (backend.host, backend.port, backend.subset, tuple(backend.policies))
        first = seen.setdefault(whom, number)
        if first != number and not backend.refused:
            place, other = (subject.backend(route.name, each) for each in (number, first))
            subset = f" {backend.subset}" if backend.subset else ""
            yield Finding(
                place,
                f"{place.field or route.name} is {backend.host}{subset} once more, "
                f"as {other.field or 'a backend before it'}",
                "it gets the sum of both shares",
                "Name another backend or subset, or write it once with its whole weight",
                "duplicate-destination",
                Severity.WARNING,
            )
