"""ID tokens of OpenID providers: signature first, then issuer, audience and times; then who it is.

RS256 and ES256 with a key of the issuer that the token names, and that is for that algorithm: a
token chooses neither its key's type nor none at all. Whatever is odd is refused (RFC 8725).
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from gossamer.explain.tokens.signature import signed_by
from gossamer.explain.tokens.token import Token
from gossamer.plane.access.actor import Actor
from gossamer.plane.access.people.rules import AccessRules, PublicKey, TokenIssuer

LEEWAY_S = 60.0
"""By how much clocks may differ."""

_MOST_GROUPS = 1000


class BadIdToken(ValueError):
    """A token that is not believed; the text says why, and quotes nothing of it."""


def looks_like_one(text: str) -> bool:
    """Whether a bearer token is a signed JSON web token in form."""
    return text.count(".") == 2


def person_of(text: str, rules: AccessRules, now: float) -> Actor:
    """Who holds the token, with the roles that the rules give them. Raises BadIdToken."""
    token = _parts(text)
    claims = token.claims
    issuer = next((each for each in rules.issuers if each.issuer == claims.get("iss")), None)
    if issuer is None:
        raise BadIdToken("its issuer is not one of those in the access file")
    key = _key(token.head, issuer.keys)
    if not signed_by(dict(key.parameters), key.algorithm, token):
        raise BadIdToken("its signature is wrong")
    _check_claims(claims, issuer, now)
    user = claims.get(issuer.user_claim)
    if not isinstance(user, str) or not user:
        raise BadIdToken(f"its claim {issuer.user_claim} names nobody")
    groups = claims.get(issuer.groups_claim, [])
    groups = [groups] if isinstance(groups, str) else groups
    known = [each for each in groups if isinstance(each, str)] if isinstance(groups, list) else []
    grants = rules.of_person(issuer.issuer, user, known[:_MOST_GROUPS])
    return Actor(f"oidc:{user[:200]}", grants)


def _parts(text: str) -> Token:
    """The token, read by what RFC 7515 demands to the letter."""
    try:
        first, second, third = text.split(".")
        head, claims = (json.loads(_decoded(part)) for part in (first, second))
        signature = _decoded(third)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadIdToken("it is not a signed JSON web token") from error
    if not isinstance(head, dict) or not isinstance(claims, dict):
        raise BadIdToken("it is not a signed JSON web token")
    return Token(head, claims, second, f"{first}.{second}".encode(), signature)


def _decoded(part: str) -> bytes:
    if "=" in part or not part.isascii():
        raise ValueError("padding")
    raw = part.replace("-", "+").replace("_", "/")
    if set(part) & {"+", "/"}:
        raise ValueError("not base64url")
    return binascii.a2b_base64(raw + "=" * (-len(raw) % 4), strict_mode=True)


def _key(head: Mapping[str, object], keys: Sequence[PublicKey]) -> PublicKey:
    if "crit" in head:
        raise BadIdToken("its header demands what is not understood (crit)")
    key = next((each for each in keys if each.kid == head.get("kid")), None)
    if key is None:
        raise BadIdToken("its key (kid) is not one of its issuer's")
    if head.get("alg") != key.algorithm:
        raise BadIdToken("its algorithm (alg) is not the one of its key")
    return key


def _check_claims(claims: Mapping[str, object], issuer: TokenIssuer, now: float) -> None:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or not {*issuer.audiences} & {
        each for each in audiences if isinstance(each, str)
    }:
        raise BadIdToken("it is for another audience (aud)")
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not _is_number(expires):
        raise BadIdToken("it never expires (exp)")
    if now >= expires + LEEWAY_S:
        raise BadIdToken("it has expired (exp)")
    if not _is_number(begins) or now < begins - LEEWAY_S:
        raise BadIdToken("it is not valid yet (nbf)")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
