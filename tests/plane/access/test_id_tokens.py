"""ID tokens: believed by signature, issuer, audience and time; odd ones never."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gossamer.plane.access.actor import Role, RoleGrant
from gossamer.plane.access.people.id_token import BadIdToken, looks_like_one, person_of
from gossamer.plane.access.people.issuer_keys import NoUsableKeys, id_token_keys
from gossamer.plane.access.people.rules import AccessRules, RoleAssignment, TokenIssuer
from tests.plane.access.id_tokens import CLAIMS, ISSUER, NOW, encoded, key_set, rsa_key, token

EDITOR, VIEWER = RoleGrant(Role.EDITOR, ("team-a",)), RoleGrant(Role.VIEWER)
KEYS = id_token_keys(json.dumps(key_set()).encode())
PEM = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
RULES = AccessRules(
    (
        RoleAssignment(EDITOR, groups=("devs",), issuer=ISSUER),
        RoleAssignment(VIEWER, users=("alice",), issuer=ISSUER),
        RoleAssignment(RoleGrant(Role.OPERATOR), groups=("devs",), issuer="https://other.example"),
    ),
    (TokenIssuer(ISSUER, ("gossamer", "g2"), KEYS),),
)


def refused(text: str) -> str:
    with pytest.raises(BadIdToken) as bad:
        person_of(text, RULES, NOW)
    return str(bad.value)


@pytest.mark.parametrize("head", [{}, {"alg": "ES256", "kid": "e"}, {"typ": "JWT"}])
def test_a_good_token_has_its_persons_roles(head: dict[str, Any]) -> None:
    """By name and by group, of the issuer that vouches and of no other."""
    actor = person_of(token(**head), RULES, NOW)
    assert (actor.name, actor.grants) == ("oidc:alice", (EDITOR, VIEWER))


@pytest.mark.parametrize(
    ("claims", "grants"),
    [
        ({"sub": "bob"}, (EDITOR,)),
        ({"sub": "bob", "groups": "devs"}, (EDITOR,)),
        ({"sub": "bob", "groups": ["ops", 7, None]}, ()),
        ({"sub": "bob", "groups": {"devs": True}}, ()),
        ({"sub": "bob", "groups": None}, ()),
        ({"aud": ["x", "g2"], "groups": []}, (VIEWER,)),
        ({"exp": NOW - 59}, (EDITOR, VIEWER)),
        ({"nbf": NOW + 59}, (EDITOR, VIEWER)),
    ],
)
def test_what_it_says_of_them(claims: dict[str, Any], grants: tuple[RoleGrant, ...]) -> None:
    """Groups that are no list of names are none; clocks may differ a little."""
    assert person_of(token(claims), RULES, NOW).grants == grants


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"aud": "other"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": {"gossamer": 1}}, "audience"),
        ({"aud": [["gossamer"]]}, "audience"),
        ({"exp": None}, "never expires"),
        ({"exp": str(NOW + 9)}, "never expires"),
        ({"exp": True}, "never expires"),
        ({"exp": NOW - 60}, "has expired"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"nbf": "soon"}, "not valid yet"),
        ({"sub": None}, "names nobody"),
        ({"sub": ""}, "names nobody"),
        ({"sub": ["alice"]}, "names nobody"),
    ],
)
def test_claims_that_do_not_hold(claims: dict[str, Any], why: str) -> None:
    """Each alone is enough to be refused, in words without the token's own."""
    assert why in refused(token(claims))


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ({"alg": "none"}, "algorithm"),
        ({"alg": "HS256"}, "algorithm"),
        ({"alg": "ES256"}, "algorithm"),
        ({"alg": "RS512"}, "algorithm"),
        ({"alg": "rs256"}, "algorithm"),
        ({"alg": ["RS256"]}, "algorithm"),
        ({"alg": "RS256", "kid": "e"}, "algorithm"),
        ({"alg": "HS256", "kid": "shared"}, "kid"),
        ({"kid": "x"}, "kid"),
        ({"kid": None}, "kid"),
        ({"crit": ["exp"]}, "crit"),
    ],
)
def test_headers_that_choose_another_key(head: dict[str, Any], why: str) -> None:
    """A token chooses no algorithm, no key type and no extension."""
    assert why in refused(token(**head))


def test_keys_in_a_header_are_nothing() -> None:
    """jwk, jku and x5c are what an attacker writes: the key is the issuer's, or none."""
    head = {"jwk": key_set()["keys"][0], "jku": "https://evil.example/keys", "kid": "evil"}
    assert "kid" in refused(token(**head))


def test_no_secret_is_made_of_a_public_key() -> None:
    """HS256 with the RSA key's own bytes, the oldest of confusions."""
    for header in ({"alg": "HS256", "kid": "r"}, {"alg": "RS256", "kid": "r"}):
        signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(CLAIMS).encode())}"
        forged = encoded(hmac.new(PEM, signed.encode(), hashlib.sha256).digest())
        assert refused(f"{signed}.{forged}")


def test_a_changed_token_is_no_more() -> None:
    """Another signature, none, another body, a stretched encoding."""
    first, second, third = token().split(".")
    other = token({"sub": "mallory"}).split(".")
    for text in (
        f"{first}.{second}.",
        f"{first}.{second}.{third[:-4]}",
        f"{first}.{other[1]}.{third}",
        f"{first}.{second}.{other[2]}",
        f"{first}.{second}=.{third}",
        f"{first}.{second}.{third}==",
        f"{first}.{second}.{third}\u00e9",
        f"{first}.{encoded(b'[]')}.{third}",
        f"{encoded(b'7')}.{second}.{third}",
        f"{encoded(b'[' * 100_000)}.{second}.{third}",
        "..",
    ):
        assert looks_like_one(text)
        assert refused(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a JSON Web Key Set"),
        ("[]", "not a JSON Web Key Set"),
        ('{"keys": []}', "no RSA or P-256 key"),
        ('{"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}', "no RSA or P-256 key"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB"}]}', "no RSA or P-256 key"),
        ('{"keys": [{"kty": "EC", "kid": "a", "crv": "P-256", "x": "AQ", "y": "AQ"}]}', "no RSA"),
        (json.dumps(key_set(d="AQAB")), "private key"),
        (json.dumps(key_set()).replace('"kid"', '"k-id"'), "no RSA or P-256 key"),
    ],
)
def test_a_key_set_without_a_key_is_told(text: str, why: str) -> None:
    """Short RSA keys, points off the curve and shared secrets are none."""
    with pytest.raises(NoUsableKeys, match=why):
        id_token_keys(text.encode())
