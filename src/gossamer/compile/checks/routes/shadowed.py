"""Rules that never take a request, because one before them takes all that they match."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.routes.covering import Covering
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.route import Route, RouteSet


def shadowed_rules(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Each route of the set that another of the same set hides."""
    before = Covering()
    for route in routes.routes:
        hiding = before.first(route.match)
        if hiding is not None:
            yield _hidden(subject, route, routes.routes[hiding])
        before.add(route.match)


def _hidden(subject: Subject, route: Route, hiding: Route) -> Finding:
    place, other = subject.at(f"route {route.name}"), subject.at(f"route {hiding.name}")
    line = f" in line {other.line}" if other.line else ""
    return Finding(
        place,
        f"{place.field or route.name} is never reached: "
        f"{other.field or hiding.name}{line} matches all its requests first",
        "no request uses it",
        "Move it before that rule, make that rule narrower, or remove it",
        "unreachable-rule",
        Severity.WARNING,
    )
