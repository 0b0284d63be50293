"""JSON Web Key Sets (RFC 7517): which keys of a text may check an issuer's tokens.

What is written for proxies holds nothing but the parameters of public keys, in one form for equal
sets. A key that Envoy would stumble over, that is for another use, or that is too weak, is left
out with the reason.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_KEYS = 100
WEAKEST_RSA, STRONGEST_RSA = 2048, 8192
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


class BadKeySet(ValueError):
    """The text is not a key set, or no key of it can be used. The message says why."""


class NoUsableKey(BadKeySet):
    """The text is a key set, and no key of it can be used."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys as Envoy takes them, and why others are left out.

    `signs` says that whoever can read the text they came from can sign with one of them, `private`
    that it has a private key, which is nobody's but the issuer's.
    """

    text: str
    left_out: tuple[str, ...] = ()
    signs: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class _Curve:
    """y² = x³ + ax + b over the field of p; a point that is not on it stops Envoy's reading."""

    algorithm: str
    size: int
    p: int
    a: int
    b: int


_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P384 = 2**384 - 2**128 - 2**96 + 2**32 - 1
_P521 = 2**521 - 1
_CURVES = {
    "P-256": _Curve(
        "ES256", 32, _P256, -3,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    "P-384": _Curve(
        "ES384", 48, _P384, -3,
        int("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a"
            "c656398d8a2ed19d2a85c8edd3ec2aef", 16),
    ),
    "P-521": _Curve(
        "ES512", 66, _P521, -3,
        int("0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef1"
            "09e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00", 16),
    ),
}  # fmt: skip


def read_key_set(text: str, *, secret: bool) -> KeySet:
    """The key set in a text. Raises BadKeySet.

    `secret` says whether the text is its author's alone, so that symmetric keys may be in it.
    """
    keys = _keys_in(text)
    usable, left_out = list[dict[str, str]](), list[str]()
    for at, key in enumerate(keys):
        try:
            usable.append(_usable(key, secret))
        except BadKeySet as why:
            left_out.append(f"keys[{at}] {why}")
    if not usable:
        raise NoUsableKey(f"no key of it can be used: {'; '.join(left_out[:5]) or 'it has none'}")
    written = json.dumps({"keys": usable}, separators=(",", ":"), sort_keys=True)
    private, shared = (any(isinstance(key, dict) and name in key for key in keys) for name in "dk")
    return KeySet(written, tuple(left_out), private or shared, private)


def _keys_in(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKeySet("it is not valid JSON") from None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise BadKeySet('it has no list "keys"')
    if len(keys) > MOST_KEYS:
        raise BadKeySet(f"it has {len(keys)} keys, and at most {MOST_KEYS} are read")
    return keys


def _usable(key: Any, secret: bool) -> dict[str, str]:
    if not isinstance(key, dict):
        raise BadKeySet("is not a JSON object")
    if key.get("use") not in (None, "sig"):
        raise BadKeySet(f"is for another use ({str(key['use'])[:20]!r})")
    operations = key.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        raise BadKeySet("may not verify signatures (key_ops)")
    kind = str(key.get("kty"))
    read = _KINDS.get(kind)
    if read is None or (kind == "oct" and not secret):
        why = "is symmetric: whoever fetches it could sign" if read else "has an unknown type"
        raise BadKeySet(f"{why} (kty {kind[:20]!r})")
    named = {name: key[name] for name in ("kid", "alg") if key.get(name) is not None}
    if any(not isinstance(value, str) for value in named.values()):
        raise BadKeySet("has a kid or alg that is not a string")
    parameters, algorithms = read(key)
    if named.get("alg") not in (None, *algorithms):
        raise BadKeySet(f"has an alg that does not fit its type ({named['alg'][:20]!r})")
    return {"kty": kind, **named, **parameters}


Parameters = tuple[dict[str, str], tuple[str, ...]]
"""What is written of a key beside its names, and the algorithms that it may be for."""


def _rsa(key: Mapping[str, object]) -> Parameters:
    modulus, exponent = _number(key, "n"), _number(key, "e")
    bits = modulus.bit_length()
    if not WEAKEST_RSA <= bits <= STRONGEST_RSA or not modulus % 2:
        raise BadKeySet(f"is an RSA key of {bits} bits, outside {WEAKEST_RSA} to {STRONGEST_RSA}")
    if not exponent % 2 or not 3 <= exponent < 2**33:
        raise BadKeySet("has an exponent e that RSA cannot use")
    return _as_written(key, "n", "e"), tuple(
        f"{kind}{size}" for kind in ("RS", "PS") for size in (256, 384, 512)
    )


def _elliptic(key: Mapping[str, object]) -> Parameters:
    curve = _CURVES.get(str(key.get("crv")))
    if curve is None:
        raise BadKeySet(f"has an unknown curve ({str(key.get('crv'))[:20]!r})")
    x, y = _number(key, "x"), _number(key, "y")
    on_curve = (y * y - (x * x * x + curve.a * x + curve.b)) % curve.p == 0
    if not on_curve or x >= curve.p or y >= curve.p:
        raise BadKeySet(f"is not a point of the curve {key['crv']}")
    return _as_written(key, "crv", "x", "y"), (curve.algorithm,)


def _edwards(key: Mapping[str, object]) -> Parameters:
    if key.get("crv") != "Ed25519" or len(_octets(key, "x")) != 32:
        raise BadKeySet("is not an Ed25519 key of 32 bytes")
    return _as_written(key, "crv", "x"), ("EdDSA",)


def _symmetric(key: Mapping[str, object]) -> Parameters:
    if len(_octets(key, "k")) < 32:
        raise BadKeySet("is a symmetric key of less than 256 bits")
    return _as_written(key, "k"), ("HS256", "HS384", "HS512")


_KINDS: Mapping[str, Callable[[Mapping[str, object]], Parameters]] = {
    "RSA": _rsa,
    "EC": _elliptic,
    "OKP": _edwards,
    "oct": _symmetric,
}


def _as_written(key: Mapping[str, object], *names: str) -> dict[str, str]:
    return {name: str(key[name]).rstrip("=") for name in names}


def _octets(key: Mapping[str, object], name: str) -> bytes:
    text = key.get(name)
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise BadKeySet(f"has no {name} in base64url")
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        raise BadKeySet(f"has no {name} in base64url") from None


def _number(key: Mapping[str, object], name: str) -> int:
    return int.from_bytes(_octets(key, name), "big")


def keys_of(text: str) -> Iterator[Mapping[str, str]]:
    """The keys in a set that `read_key_set` wrote."""
    yield from json.loads(text)["keys"] if text else ()
