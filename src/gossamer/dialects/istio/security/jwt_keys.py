"""An issuer's keys: written in the rule, or where the control plane fetches them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.policies.workload.jwt import KeySource
from gossamer.model.workload.key_set import BadKeySet, read_key_set

OPENID = "/.well-known/openid-configuration"
_LONGEST = 2048
_UNFIT = re.compile(r"[\s\x00-\x20\x7f\\]")


def read_keys(stanza: Fields, issuer: str) -> tuple[str, KeySource | None]:
    """The key set that is written, else its source; neither where the rule says of none."""
    inline, uri = stanza.string("jwks", ""), stanza.string("jwksUri", "")
    if inline and uri:
        stanza.report(
            f"{dotted(stanza.path)} sets both jwks and jwksUri",
            "it is ambiguous which keys are the issuer's",
            "Keep one of the two",
            field="jwksUri",
            code="invalid-jwks",
        )
    elif inline:
        return _inline(stanza, inline), None
    elif uri:
        _check_url(stanza, "jwksUri", uri)
        return "", KeySource(uri)
    elif issuer:
        return "", _discovered(stanza, issuer)
    return "", None


def is_url(text: str) -> bool:
    """Whether keys could be fetched there: http or https, a host, no user, no fragment."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = not parts.fragment and "@" not in parts.netloc and not _UNFIT.search(text)
    known = parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0
    return plain and known and len(text) <= _LONGEST and text.isascii()


def _inline(stanza: Fields, text: str) -> str:
    field = f"{dotted((*stanza.path, 'jwks'))}"
    try:
        keys = read_key_set(text, secret=True)
    except BadKeySet as why:
        stanza.report(
            f"{field} is not a usable key set: {why}",
            "no token of this issuer could be checked",
            'Write a JSON Web Key Set, {"keys": [...]}, as a string',
            field="jwks",
            code="invalid-jwks",
        )
        return ""
    for why_not in keys.left_out:
        _warn(
            stanza,
            f"a key of {field} is left out: {why_not}",
            "tokens that are signed with it are refused",
            "Remove it, or write a key for signatures",
        )
    if keys.signs:
        _warn(
            stanza,
            f"{field} has a symmetric or private key",
            "whoever may read this object can sign tokens",
            "Have the issuer sign with a private key of its own, and write the public one here",
        )
    return keys.text


def _check_url(stanza: Fields, field: str, url: str) -> None:
    place = dotted((*stanza.path, field))
    if not is_url(url):
        stanza.report(
            f"{place} is {quoted(url)}, which is not the URL of a key set",
            "no token of this issuer could be checked",
            "Write https://HOST/PATH",
            field=field,
            code="invalid-jwks",
        )
    elif url.startswith("http:"):
        stanza.report(
            f"{place} is {quoted(url)}, which is fetched in plaintext",
            "whoever is on the way to it can sign tokens of this issuer",
            "Write https://",
            field=field,
            severity=Severity.WARNING,
            code="plaintext-jwks",
        )


def _discovered(stanza: Fields, issuer: str) -> KeySource | None:
    if is_url(issuer) and "?" not in issuer:
        _check_url(stanza, "issuer", issuer)
        return KeySource(issuer.rstrip("/") + OPENID, issuer)
    stanza.report(
        f"{dotted(stanza.path)} has neither jwks nor jwksUri, and its issuer is not a URL",
        "its keys cannot be found: tokens of this issuer are refused",
        "Set jwksUri, or jwks",
        severity=Severity.WARNING,
        code="invalid-jwks",
    )
    return None


def _warn(stanza: Fields, message: str, effect: str, remedy: str) -> None:
    stanza.report(
        message, effect, remedy, field="jwks", severity=Severity.WARNING, code="invalid-jwks"
    )
