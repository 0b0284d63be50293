"""Conditions on a token's claims: `@request.auth.claims.a.b` or `@request.auth.claims[a][b]`.

A claim is verified where tokens are checked, and routes are chosen by it at gateways. At sidecars
the caller's proxy routes, and no token was checked: a condition on a claim holds for no request
there, its negation for all, as in Istio.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.traffic.route import MESH

_CLAIMS = "@request.auth.claims"
_DOTTED = re.compile(r"(\.[^.\[\]]+)+")
_BRACKETS = re.compile(r"(\[[^\[\]]+\])+")
_BETWEEN = re.compile(r"\]\[")


def is_claim(header: str) -> bool:
    """Whether a name among headers stands for something of a token."""
    return header.startswith("@")


def claim_path(header: str) -> tuple[str, ...] | None:
    """The claim that is meant, from the outermost name to the innermost; None if none is."""
    if not header.startswith(_CLAIMS):
        return None
    rest = header.removeprefix(_CLAIMS)
    if _DOTTED.fullmatch(rest):
        return tuple(rest[1:].split("."))
    if _BRACKETS.fullmatch(rest):
        return tuple(_BETWEEN.split(rest[1:-1]))
    return None


def tell_no_claim(match: Fields, name: str, header: str) -> None:
    """The error on a name that is neither a header nor a claim."""
    match.report(
        f"{dotted((*match.path, name, header))} is neither a header nor a claim",
        "it is ambiguous which requests match",
        f"Write {_CLAIMS}.NAME for a claim, {_CLAIMS}[NAME] for one with a dot in its name",
        field=(name, header),
        code="invalid-header",
    )


def check_claims(spec: Fields, parents: tuple[str, ...]) -> None:
    """Report conditions on claims in rules that sidecars follow."""
    for rule in spec.each("http"):
        for match in rule.each("match"):
            if MESH in (match.strings("gateways") or parents):
                for name, header in _conditions(match):
                    _tell_in_mesh(match, name, header)


def _conditions(match: Fields) -> Iterator[tuple[str, str]]:
    for name in ("headers", "withoutHeaders"):
        yield from ((name, key) for key, _ in match.entries(name) if claim_path(key))


def _tell_in_mesh(match: Fields, name: str, header: str) -> None:
    effect = "it matches no request there; requests fall through to later rules"
    match.report(
        f"{dotted((*match.path, name, header))} matches on a token's claim in a rule for the mesh, "
        "and callers' proxies check no tokens",
        effect if name == "headers" else "it is true for every request there",
        "Bind the rule to a gateway alone, where a RequestAuthentication checks tokens",
        field=(name, header),
        severity=Severity.WARNING,
        code="unsupported-match",
    )
