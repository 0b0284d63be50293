"""What Istio forbids to stand together in one HTTP rule, and stanzas of a rule that say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity

_ANSWERS = ("redirect", "directResponse")
_BACKEND_ONLY = ("fault", "rewrite")
_AUTHORITY = (":authority", "host")
_SOMETHING = {"fault": ("delay", "abort"), "rewrite": ("uri", "uriRegexRewrite", "authority")}


def check_rule(rule: Fields) -> None:
    """Report every such thing; a rule that has one cannot be used as it is meant."""
    answer = next((name for name in _ANSWERS if rule.has(name)), None)
    for name in filter(rule.has, _BACKEND_ONLY):
        if answer is not None:
            _tell_together(rule, name, answer)
    for name, wanted in _SOMETHING.items():
        stanza = rule.child(name)
        empty = [field for field in wanted if stanza.has(field) and stanza.value(field) == ""]
        if stanza and len(empty) == len(stanza.names()):
            _tell_nothing(stanza, " or ".join(wanted))
    places = list(_authorities(rule))
    if len(places) > 1:
        _tell_authority(rule, places)
    elif places:
        _check_shares(rule, places[0])


def _authorities(rule: Fields) -> Iterator[str]:
    """The places at which a rule sets the authority."""
    if rule.child("rewrite").has("authority"):
        yield "rewrite.authority"
    request = rule.child("headers").child("request")
    for verb in ("set", "add"):
        for header in request.string_map(verb):
            if header.lower() in _AUTHORITY:
                yield f"headers.request.{verb}[{header}]"


def _check_shares(rule: Fields, place: str) -> None:
    """Report destinations that set the authority which the rule sets already."""
    for share in rule.each("route"):
        request = share.optional().child("headers").child("request")
        for verb in ("set", "add"):
            for header in request.string_map(verb):
                if header.lower() in _AUTHORITY:
                    share.report(
                        f"{dotted((*request.path, verb, header))} sets the authority, as {place} "
                        "of the rule does",
                        "one of the two has no effect",
                        f"Keep one of the two: {place} is for all destinations of the rule",
                        field=("headers", "request", verb, header),
                        severity=Severity.WARNING,
                        code="no-effect",
                    )


def _tell_together(rule: Fields, name: str, answer: str) -> None:
    rule.report(
        f"{dotted(rule.path)} has {name} beside {answer}, which exclude each other",
        f"{name} applies to requests that reach a backend, but none of this rule's does",
        f"Keep one of {name} and {answer}",
        field=name,
    )


def _tell_nothing(stanza: Fields, wanted: str) -> None:
    stanza.report(
        f"{dotted(stanza.path)} has no settings",
        "Istio refuses it; requests would pass as if it were absent",
        f"Set {wanted}, or remove it",
        code="missing-field",
    )


def _tell_authority(rule: Fields, places: list[str]) -> None:
    rule.report(
        f"{dotted(rule.path)} sets the authority of its requests {len(places)} times: "
        f"{', '.join(places)}",
        "it is ambiguous which one is meant",
        f"Keep {places[0]}, or one of the others",
        field="rewrite" if places[0].startswith("rewrite") else "headers",
    )
