"""An OpenID provider of a test's own: its keys, its key set, and the tokens that it signs."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://login.example.com"
NOW = 1_800_000_000.0
CLAIMS = {"iss": ISSUER, "aud": "gossamer", "sub": "alice", "exp": NOW + 600, "groups": ["devs"]}


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def key_set(**more: Any) -> dict[str, Any]:
    """The public keys `r` (RSA) and `e` (P-256)."""
    public, point = rsa_key().public_key().public_numbers(), ec_key().public_key().public_numbers()
    return {
        "keys": [
            {"kty": "RSA", "kid": "r", "n": _number(public.n), "e": _number(public.e), **more},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)},
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        ]
    }


def token(claims: dict[str, Any] | None = None, **head: Any) -> str:
    """A token with these claims instead, signed by the key that its header names."""
    header = {"alg": "RS256", "kid": "r", **head}
    held = {**CLAIMS, **(claims or {})}
    body = {key: value for key, value in held.items() if value is not None}
    signed = ".".join(encoded(json.dumps(each).encode()) for each in (header, body))
    return f"{signed}.{encoded(_signature(header['kid'], signed.encode()))}"


def _signature(kid: str, signed: bytes) -> bytes:
    if kid == "e":
        pair = decode_dss_signature(ec_key().sign(signed, ec.ECDSA(hashes.SHA256())))
        return b"".join(each.to_bytes(32, "big") for each in pair)
    return rsa_key().sign(signed, padding.PKCS1v15(), hashes.SHA256())
