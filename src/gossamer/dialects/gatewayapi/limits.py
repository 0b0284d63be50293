"""How long Gateway API's lists may be, and which of their items must differ."""

from __future__ import annotations

from collections.abc import Mapping

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path, dotted, quoted
from gossamer.model.finding import Severity

ROUTE = {"hostnames": 16, "parentRefs": 32, "rules": 16}
RULE = {"matches": 64, "filters": 16, "backendRefs": 16}
MATCH = {"headers": 16, "queryParams": 16}
GATEWAY = {"listeners": 64, "addresses": 16}
GRANT = {"from": 16, "to": 16}
_ALL_MATCHES = 127


def check_lengths(fields: Fields, limits: Mapping[str, int]) -> None:
    """Report each list that has more items than the API server takes."""
    for name, most in limits.items():
        items = fields.value(name) if fields.has(name) else ()
        if isinstance(items, tuple) and len(items) > most:
            _tell_long(fields, name, len(items), most)


def check_matches(spec: Fields) -> None:
    """Report a route whose rules have too many matches together."""
    count = sum(1 for rule in spec.each("rules") for _ in rule.each("matches"))
    if count > _ALL_MATCHES:
        _tell_long(spec, "rules", count, _ALL_MATCHES, "matches together")


def check_differ(fields: Fields, which: str) -> None:
    """Report items of a list of names and values that have a name again; the first counts."""
    exact: set[str] = set()
    folded: set[str] = set()
    for at, item in enumerate(fields.each(which)):
        name = item.string("name", "")
        if name in exact:
            _tell_again(fields, (which, at, "name"), name, Severity.ERROR)
        elif name.lower() in folded and which != "queryParams":
            _tell_again(fields, (which, at, "name"), name, Severity.WARNING)
        exact.add(name)
        folded.add(name.lower())


def _tell_long(fields: Fields, name: str, count: int, most: int, what: str = "items") -> None:
    fields.report(
        f"{dotted((*fields.path, name))} has {count} {what}, more than {most}",
        "the API server refuses the object",
        "Split it into several objects",
        field=name,
        code="out-of-range",
    )


def _tell_again(fields: Fields, field: Path, name: str, severity: Severity) -> None:
    refused = "the API server refuses the object" if severity is Severity.ERROR else "it is ignored"
    fields.report(
        f"{dotted((*fields.path, *field))} is {quoted(name)}, which is already listed above",
        f"{refused}; the first one is used",
        "Keep one of the two",
        field=field,
        severity=severity,
        code="duplicate-name",
    )
