"""HTTPMatchRequest: which requests a rule takes, and whose."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.istio.values.claims import claim_path, is_claim, tell_no_claim
from gossamer.dialects.istio.values.label_values import read_labels
from gossamer.dialects.istio.virtual_service.parents import read_parents
from gossamer.dialects.istio.virtual_service.string_match import (
    check_prefix,
    read_condition,
    read_string_match,
)
from gossamer.dialects.values.header import check_header_name
from gossamer.dialects.values.query import check_query_name
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.traffic.route import ClaimMatch, Compare, Match, NamedMatch, StringMatch
from gossamer.model.workload.labels import labels

_OWN_FIELDS = ("uri", "scheme", "method", "authority")


def read_match(match: Fields, namespace: str) -> Match:
    """One match; where `match.failed` it must not be used, for it would take too much."""
    match.skip("name")
    match.unsupported("statPrefix", effect="requests it matches are not counted separately")
    ignore = match.boolean("ignoreUriCase", False)
    return Match(
        path=_path(match, ignore),
        method=_word(match, "method"),
        authority=_word(match, "authority"),
        scheme=_word(match, "scheme"),
        headers=(*_headers(match, "headers", False), *_headers(match, "withoutHeaders", True)),
        query=tuple(_query(match)),
        claims=(*_claims(match, "headers", False), *_claims(match, "withoutHeaders", True)),
        port=match.port("port"),
        source_labels=labels(read_labels(match, "sourceLabels")),
        source_namespace=match.string("sourceNamespace") or None,
        gateways=read_parents(match, "gateways", namespace),
    )


def _plain(match: Fields, name: str, ignore_case: bool = False) -> StringMatch | None:
    fields = match.child(name)
    condition = read_string_match(fields, ignore_case)
    if fields and not fields.failed and (condition is None or condition.compare is Compare.PRESENT):
        fields.report(
            f"{dotted(fields.path)} sets none of exact, prefix, regex",
            "it is ambiguous which requests match",
            "Set exact, prefix or regex",
            code="unknown-match",
        )
        return None
    return condition


def _word(match: Fields, name: str) -> StringMatch | None:
    condition = _plain(match, name)
    check_prefix(match.child(name), condition)
    if condition is not None and condition.compare is Compare.EXACT and not condition.value:
        _tell_empty(match.child(name))
    return condition


def _tell_empty(fields: Fields) -> None:
    fields.report(
        f"{dotted((*fields.path, 'exact'))} is empty",
        "no request matches it",
        "Write the value that requests have, or remove the condition",
        field="exact",
        severity=Severity.WARNING,
        code="no-effect",
    )


def _path(match: Fields, ignore_case: bool) -> StringMatch | None:
    condition = _plain(match, "uri", ignore_case)
    if condition is not None and condition.compare is Compare.EXACT and not condition.value:
        _tell_empty(match.child("uri"))
    elif condition is not None and condition.compare in (Compare.EXACT, Compare.PREFIX):
        trouble = _trouble_of_path(condition.value)
        if trouble:
            _tell_path(match.child("uri"), condition, *trouble)
    return condition


def _trouble_of_path(path: str) -> tuple[str, str] | None:
    """Why no request has a path that is, or begins with, this; and the remedy."""
    if path and not path.startswith("/") and path != "*":
        return "but every path begins with /", f"Write /{path}"
    if "*" in path and path != "*":
        return "and * is a literal character there", "Use prefix without the *, or regex"
    return None


def _tell_path(uri: Fields, condition: StringMatch, why: str, remedy: str) -> None:
    uri.report(
        f"{dotted((*uri.path, condition.compare.value))} is {quoted(condition.value)}, {why}",
        "hardly any request matches it",
        remedy,
        field=condition.compare.value,
        severity=Severity.WARNING,
        code="invalid-path",
    )


def _headers(match: Fields, name: str, absent: bool) -> Iterator[NamedMatch]:
    seen: set[str] = set()
    for header, fields in match.entries(name):
        if is_claim(header):
            continue
        if header.lower() in seen:
            _tell_again(match, name, header)
        seen.add(header.lower())
        if header in _OWN_FIELDS:
            read_string_match(fields)
            _tell_own_field(match, name, header)
            continue
        check_header_name(match, (name, header), header)
        condition = _named(fields)
        if condition is not None:
            yield NamedMatch(header.lower(), condition, absent)


def _claims(match: Fields, name: str, absent: bool) -> Iterator[ClaimMatch]:
    for header, fields in match.entries(name):
        if not is_claim(header):
            continue
        path, condition = claim_path(header), _named(fields)
        if path is None:
            tell_no_claim(match, name, header)
        elif condition is not None:
            yield ClaimMatch(path, condition, absent)


def _tell_again(match: Fields, name: str, header: str) -> None:
    match.report(
        f"{dotted((*match.path, name, header))} is the header {header.lower()} again: header "
        "names are case-insensitive",
        "both conditions must hold for one header, so hardly any request matches",
        "Keep one of the two",
        field=(name, header),
        severity=Severity.WARNING,
        code="duplicate-name",
    )


def _query(match: Fields) -> Iterator[NamedMatch]:
    for name, fields in match.entries("queryParams"):
        check_query_name(match, ("queryParams", name), name)
        condition = _named(fields)
        if condition is not None:
            yield NamedMatch(name, condition)


def _named(fields: Fields) -> StringMatch | None:
    condition = read_condition(fields)
    if condition is None and not fields.failed:
        fields.report(
            f"{dotted(fields.path)} sets none of exact, prefix, regex",
            "it is ambiguous which requests match",
            "Set exact, prefix or regex, or write {} to require that it is present",
            code="unknown-match",
        )
    return condition


def _tell_own_field(match: Fields, name: str, header: str) -> None:
    match.report(
        f"{header} cannot be matched as a header",
        "this condition is ignored, as in Istio",
        f"Write {header} beside {name}, not in it",
        field=(name, header),
        severity=Severity.WARNING,
        code="ignored-header-match",
    )
