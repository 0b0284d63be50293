"""`corsPolicy`: which sites' pages may read the answers of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.istio.virtual_service.string_match import read_string_match
from gossamer.dialects.refusal import left_out
from gossamer.dialects.values.cross_origin import ANY, check_cors, check_names, tell_bad_origin
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.cors import Cors
from gossamer.model.traffic.route import Compare, StringMatch

_UNMATCHED = {"UNSPECIFIED": True, "FORWARD": True, "IGNORE": False}


def read_cors(rule: Fields) -> Cors | None:
    """The policy of a rule; left out whole when any of it is wrong, so that nobody is allowed."""
    stanza = rule.child("corsPolicy")
    if not stanza:
        return None
    cors = Cors(
        origins=(*_matches(stanza), *_exact(stanza)),
        methods=_names(stanza, "allowMethods"),
        headers=_names(stanza, "allowHeaders"),
        exposed=_names(stanza, "exposeHeaders"),
        max_age=_max_age(stanza),
        credentials=stanza.boolean("allowCredentials", False),
        forward_unmatched=stanza.one_of("unmatchedPreflights", _UNMATCHED, True),
    )
    check_cors(stanza, cors, "allowOrigins")
    return None if left_out(stanza, "browsers let no other site read the answers") else cors


def _matches(stanza: Fields) -> Iterator[StringMatch]:
    for at, item in enumerate(stanza.each("allowOrigins")):
        condition = read_string_match(item)
        if condition is not None and (condition.compare is Compare.PRESENT or not condition.value):
            tell_bad_origin(stanza, ("allowOrigins", at), condition.value)
        elif condition is not None:
            yield condition


def _exact(stanza: Fields) -> Iterator[StringMatch]:
    """The deprecated form, which Istio reads where `allowOrigins` is not there."""
    old = stanza.strings("allowOrigin")
    if not old:
        return
    _tell_deprecated(stanza)
    for at, origin in enumerate(old):
        if not origin:
            tell_bad_origin(stanza, ("allowOrigin", at), origin)
        elif not stanza.has("allowOrigins"):
            yield StringMatch(Compare.EXACT, origin)


def _names(stanza: Fields, field: str) -> tuple[str, ...]:
    names = stanza.strings(field)
    check_names(stanza, field, tuple(name for name in names if name != ANY))
    return names


def _max_age(stanza: Fields) -> timedelta | None:
    age = read_duration(stanza, "maxAge")
    if age is not None and age % timedelta(seconds=1):
        stanza.report(
            f"{dotted((*stanza.path, 'maxAge'))} is not a whole number of seconds",
            "Istio refuses it: browsers take whole seconds",
            "Write whole seconds, such as 24h or 5s",
            field="maxAge",
            code="out-of-range",
        )
    return age


def _tell_deprecated(stanza: Fields) -> None:
    used = "it is ignored beside allowOrigins" if stanza.has("allowOrigins") else "it still works"
    stanza.report(
        f"{dotted((*stanza.path, 'allowOrigin'))} is deprecated",
        f"{used}; Istio may drop it",
        "Write allowOrigins: [{exact: ORIGIN}]",
        field="allowOrigin",
        severity=Severity.WARNING,
        code="deprecated-field",
    )
