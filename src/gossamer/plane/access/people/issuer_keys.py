"""The keys of an issuer out of its JSON Web Key Set: public RSA and P-256 keys for signatures.

What is in a set and not understood is passed over, as RFC 7517 wants; a set without one key that
is understood is an error.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta, Struct

from gossamer.plane.access.people.rules import PublicKey

LEAST_RSA_BITS = 2048
_MOST_KEYS = 100


class NoUsableKeys(ValueError):
    """A key set without a usable key; the text says why."""


class _Key(Struct, frozen=True):
    kty: str
    kid: str = ""
    use: str = "sig"
    alg: str = ""
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""
    d: str = ""


class _Set(Struct, frozen=True):
    keys: Annotated[list[_Key], Meta(max_length=_MOST_KEYS)]


def read_key_set(raw: bytes) -> tuple[PublicKey, ...]:
    """Its keys. Raises NoUsableKeys."""
    try:
        held = msgspec.json.decode(raw, type=_Set)
    except (ValueError, RecursionError) as error:
        raise NoUsableKeys(f"is not a JSON Web Key Set: {error}") from error
    if any(key.d for key in held.keys):
        raise NoUsableKeys("holds a private key, which is the issuer's alone")
    keys = tuple(key for each in held.keys if (key := _public(each)))
    if not keys:
        raise NoUsableKeys("holds no RSA or P-256 key for signatures that has a kid")
    return keys


def _public(key: _Key) -> PublicKey | None:
    if not key.kid or key.use != "sig":
        return None
    try:
        if key.kty == "RSA" and key.alg in ("", "RS256"):
            numbers = rsa.RSAPublicNumbers(_number(key.e), _number(key.n))
            public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = numbers.public_key()
            if public.key_size < LEAST_RSA_BITS:
                return None
            return PublicKey(key.kid, "RS256", _pem(public))
        if key.kty == "EC" and key.crv == "P-256" and key.alg in ("", "ES256"):
            point = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), ec.SECP256R1())
            return PublicKey(key.kid, "ES256", _pem(point.public_key()))
    except (ValueError, binascii.Error):
        return None
    return None


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
