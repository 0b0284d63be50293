"""What the API server refuses of an HTTPRoute, beyond what a single field says."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.gatewayapi.limits import (
    MATCH,
    ROUTE,
    RULE,
    check_differ,
    check_lengths,
    check_matches,
)
from gossamer.dialects.gatewayapi.words import check_host, check_name
from gossamer.dialects.values.hostname import is_pattern
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_REFUSED = "the API server refuses the route"
_MODIFIERS = ("requestHeaderModifier", "responseHeaderModifier")
_BY_PREFIX = ("urlRewrite", "requestRedirect")


def check_route(spec: Fields) -> None:
    """Report every such thing; what can be used of the route is used all the same."""
    check_lengths(spec, ROUTE)
    check_matches(spec)
    for at, host in enumerate(spec.strings("hostnames")):
        if is_pattern(host):  # what is no host in any dialect was told already
            check_host(spec, ("hostnames", at), host)
    _check_parents(spec)
    if spec.has("rules") and not spec.value("rules"):
        _tell_no_rules(spec)
    seen: set[str] = set()
    for rule in spec.each("rules"):
        name = rule.string("name", "")
        if name and name in seen:
            _tell_again(rule, name)
        seen.add(name)
        _check_rule(rule)


def _check_rule(rule: Fields) -> None:
    check_lengths(rule, RULE)
    check_name(rule, "name")
    for match in rule.each("matches"):
        check_lengths(match, MATCH)
        check_differ(match, "headers")
        check_differ(match, "queryParams")
    own = list(rule.each("filters"))
    inner = [each for backend in rule.each("backendRefs") for each in backend.each("filters")]
    for item in (*own, *inner):
        for stanza in (item.child(name) for name in _MODIFIERS):
            check_differ(stanza, "set")
            check_differ(stanza, "add")
            _check_removed(stanza)
    kinds = {item.string("type", "") for item in own}
    if {"RequestRedirect", "URLRewrite"} <= kinds:
        _tell_both(rule)
    if "RequestRedirect" in kinds and rule.has("backendRefs") and rule.value("backendRefs"):
        _tell_backends(rule)
    _check_prefix(rule, own)


def _check_removed(stanza: Fields) -> None:
    seen: set[str] = set()
    for at, name in enumerate(stanza.strings("remove")):
        if name in seen:
            stanza.report(
                f"{dotted((*stanza.path, 'remove', at))} is {quoted(name)}, which stands above it "
                "already",
                f"{_REFUSED}; the header is removed once",
                "Keep one of the two",
                field=("remove", at),
                code="duplicate-name",
            )
        seen.add(name)


def _check_prefix(rule: Fields, filters: list[Fields]) -> None:
    """A matched prefix can be replaced only where there is one, and one only."""
    paths = [item.child(name).child("path") for item in filters for name in _BY_PREFIX]
    if not any(path.string("type", "") == "ReplacePrefixMatch" for path in paths):
        return
    matches = list(rule.each("matches"))
    prefixes = [m.child("path").string("type", "PathPrefix") == "PathPrefix" for m in matches]
    if len(matches) > 1 or not all(prefixes):
        rule.report(
            f"{dotted(rule.path)} replaces a matched prefix, and does not match by one PathPrefix",
            f"{_REFUSED}; requests that match otherwise keep their path",
            "Match by one PathPrefix in this rule, or use ReplaceFullPath",
            field="filters",
            code="prefix-not-matched",
        )


def _check_parents(spec: Fields) -> None:
    """Several references to one parent must each name another section or port of it."""
    seen: dict[tuple[str, ...], set[tuple[str, int | None]]] = {}
    for ref in spec.each("parentRefs"):
        parent = tuple(_named(ref))
        place = (ref.string("sectionName", ""), ref.port("port"))
        former = seen.setdefault(parent, set())
        if former and (place in former or ("", None) in (place, *former)):
            ref.report(
                f"{dotted(ref.path)} names the parent {ref.string('name', '')} again, "
                "without a section or port of its own",
                f"{_REFUSED}; it is attached there once",
                "Remove it, or distinguish the references by sectionName or port",
                field="name",
                code="duplicate-name",
            )
        former.add(place)


def _named(ref: Fields) -> Iterator[str]:
    for name in ("group", "kind", "namespace", "name"):
        yield ref.string(name, "")


def _tell_no_rules(spec: Fields) -> None:
    spec.report(
        "spec.rules is empty",
        f"{_REFUSED}; no request uses it",
        "Add a rule, or leave rules out to match every request",
        field="rules",
        code="missing-field",
    )


def _tell_again(rule: Fields, name: str) -> None:
    rule.report(
        f"{dotted((*rule.path, 'name'))} is {quoted(name)}, which is also the name of a rule above",
        f"{_REFUSED}; references to it are ambiguous",
        "Rename one of them",
        field="name",
        code="duplicate-name",
    )


def _tell_both(rule: Fields) -> None:
    rule.report(
        f"{dotted((*rule.path, 'filters'))} has a RequestRedirect and a URLRewrite",
        f"{_REFUSED}: a redirected request reaches no backend",
        "Keep one of the two",
        field="filters",
    )


def _tell_backends(rule: Fields) -> None:
    rule.report(
        f"{dotted(rule.path)} has backendRefs beside a RequestRedirect",
        f"{_REFUSED}; requests are redirected, and none reaches these backends",
        "Keep one of the two",
        field="backendRefs",
    )
