"""Conditions on a token's claims, `@request.auth.claims.NAME`.

No request has verified claims as long as no RequestAuthentication is honoured, and where none is,
Istio says the same: a condition on a claim holds for no request, its negation for all.
"""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity

_CLAIMS = "@request.auth.claims"


def is_claim(header: str) -> bool:
    """Whether a name among headers stands for something of a token."""
    return header.startswith("@")


def takes_nothing(match: Fields) -> bool:
    """Whether a match asks for a claim, which no request has."""
    return any(is_claim(name) for name, _ in match.entries("headers"))


def tell_claim(match: Fields, name: str, header: str, stanza: Fields) -> None:
    """The remark on one condition; what stands in it is read as the string match that it is."""
    stanza.skip("exact", "prefix", "regex")
    if not header.startswith(_CLAIMS):
        match.report(
            f"{dotted((*match.path, name, header))} is neither a header nor a claim",
            "it is ambiguous which requests match",
            f"Write {_CLAIMS}.NAME for a claim, or the name of a header",
            field=(name, header),
            code="invalid-header",
        )
        return
    effect = "it matches no request; requests fall through to later rules"
    match.report(
        f"{dotted((*match.path, name, header))} matches on a token's claim, which is not supported "
        "yet: no request has one",
        effect if name == "headers" else "it is true for every request",
        "Match on a header of the request, or keep a rule behind it for everybody",
        field=(name, header),
        severity=Severity.WARNING,
        code="unsupported-match",
    )
