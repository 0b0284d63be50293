"""Which keys of a JSON Web Key Set may check tokens, and what is written of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gossamer.model.workload.key_set import MOST_KEYS, BadKeySet, KeySet, keys_of, read_key_set
from tests.signing import Signer, encoded, key_set, number

SIGNER = Signer()
JWK = SIGNER.jwk()


def read(*keys: Any, secret: bool = False) -> KeySet:
    return read_key_set(json.dumps({"keys": keys}), secret=secret)


def elliptic(curve: ec.EllipticCurve, **more: Any) -> dict[str, Any]:
    """A new key of that curve."""
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    size = (curve.key_size + 7) // 8
    names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
    point = {"x": encoded(numbers.x.to_bytes(size)), "y": encoded(numbers.y.to_bytes(size))}
    return {"kty": "EC", "crv": names.get(curve.name, curve.name), **point, **more}


def small(bits: int) -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}


GOOD: dict[str, dict[str, Any]] = {
    "RSA": JWK,
    "for signatures": SIGNER.jwk(use="sig", key_ops=["verify"], alg="PS384"),
    "P-256": elliptic(ec.SECP256R1(), alg="ES256"),
    "P-384": elliptic(ec.SECP384R1()),
    "P-521": elliptic(ec.SECP521R1()),
    "Ed25519": {"kty": "OKP", "crv": "Ed25519", "x": encoded(bytes(32)), "alg": "EdDSA"},
}
POINT = elliptic(ec.SECP256R1())
BAD: dict[str, Any] = {
    "no object": "text",
    "no type": {"kid": "one"},
    "an unknown type": {"kty": "XYZ"},
    "for encryption": SIGNER.jwk(use="enc"),
    "for signing alone": SIGNER.jwk(key_ops=["sign"]),
    "for nothing": SIGNER.jwk(key_ops="verify"),
    "an algorithm of encryption": SIGNER.jwk(alg="RSA-OAEP"),
    "an algorithm of another type": SIGNER.jwk(alg="HS256"),
    "a kid that is a number": SIGNER.jwk(kid=1),
    "RSA of 1024 bits": small(1024),
    "no modulus": {"kty": "RSA", "e": "AQAB"},
    "a modulus that is no base64url": {**JWK, "n": "a b"},
    "an even modulus": {**JWK, "n": number(2**2047)},
    "an even exponent": {**JWK, "e": number(4)},
    "the exponent one": {**JWK, "e": number(1)},
    "an unknown curve": elliptic(ec.SECP256K1()),
    "a point off its curve": {**POINT, "y": POINT["x"]},
    "an algorithm of another curve": elliptic(ec.SECP256R1(), alg="ES512"),
    "a short Ed25519": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
    "X25519": {"kty": "OKP", "crv": "X25519", "x": encoded(bytes(32))},
    "symmetric": {"kty": "oct", "k": encoded(bytes(32))},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_public_key_for_signatures_is_usable(name: str) -> None:
    """It is written with its parameters alone, and nothing is said."""
    result = read(GOOD[name])
    (key,) = keys_of(result.text)
    assert set(key) <= {"kty", "kid", "alg", "n", "e", "crv", "x", "y"}
    assert (result.left_out, result.signs) == ((), False)


@pytest.mark.parametrize("name", BAD)
def test_any_other_key_is_left_out(name: str) -> None:
    """The reason is told; the good one beside it stays, and alone it makes no key set."""
    result = read(BAD[name], JWK)
    assert result.text == read(JWK).text
    assert result.left_out[0].startswith("keys[0] ")
    with pytest.raises(BadKeySet, match="no key of it can be used"):
        read(BAD[name])


def test_private_parts_go_no_further() -> None:
    """An issuer that published its private key by mistake has it in no proxy."""
    private = SIGNER.jwk(d="secret", p="secret", x5c=["certificate"])
    assert "secret" not in read(private).text
    assert read(private).signs


def test_a_symmetric_key_is_for_its_author_alone() -> None:
    """It may be written; it is never taken from a place where others can fetch it."""
    key = {"kty": "oct", "kid": "s", "k": encoded(bytes(range(32)))}
    assert read(key, secret=True).signs
    with pytest.raises(BadKeySet, match="whoever fetches it could sign"):
        read(key)
    with pytest.raises(BadKeySet, match="256 bits"):
        read({**key, "k": encoded(b"short")}, secret=True)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"keys": 1}', '{"keys": []}', "[" * 99_999])
def test_what_is_no_key_set_is_refused(text: str) -> None:
    """With a reason for people, whatever the text."""
    with pytest.raises(BadKeySet):
        read_key_set(text, secret=True)


def test_the_number_of_keys_is_bounded() -> None:
    """Each costs the proxies' time."""
    with pytest.raises(BadKeySet, match=f"at most {MOST_KEYS}"):
        read(*[JWK] * (MOST_KEYS + 1))


def test_equal_sets_are_equal_texts() -> None:
    """The order of parameters, and what is not written, changes no proxy."""
    turned = dict(reversed(SIGNER.jwk(use="sig").items()))
    assert read(turned).text == read(JWK).text == read_key_set(key_set(JWK), secret=False).text
    assert list(keys_of("")) == []
