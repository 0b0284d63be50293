"""Whether one of an issuer's keys signed a token: RFC 7515 with RFC 7518's algorithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gossamer.explain.tokens.token import Token, decoded
from gossamer.model.workload.key_set import keys_of

_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "HS": "oct", "Ed": "OKP"}
_EC = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def why_not_signed(token: Token, keys: str) -> str | None:
    """Why no key of a key set signed the token; None where one did."""
    algorithm, kid = str(token.head.get("alg", "")), token.head.get("kid")
    fitting = [key for key in keys_of(keys) if _fits(key, algorithm, kid)]
    if not fitting:
        named = f"kid {str(kid)[:60]!r}" if kid else "no kid"
        return f"the issuer has no key for {named} and alg {algorithm[:20]!r}"
    if not any(signed_by(key, algorithm, token) for key in fitting):
        return "none of the issuer's keys signed it"
    return None


def _fits(key: Mapping[str, str], algorithm: str, kid: object) -> bool:
    named = not kid or "kid" not in key or key["kid"] == kid
    curve = algorithm not in _EC or key.get("crv") == _EC[algorithm]
    kind = key["kty"] == _KINDS.get(algorithm[:2]) and curve
    return named and kind and key.get("alg", algorithm) == algorithm


def signed_by(key: Mapping[str, str], algorithm: str, token: Token) -> bool:
    """Whether that key (a JWK that `read_key_set` wrote) signed the token, by an algorithm that is
    one of the key's type."""
    # Imported here: only a call that has a token pays for it.
    from cryptography.exceptions import InvalidSignature

    try:
        _VERIFY[key["kty"]](key, algorithm, token)
    except (InvalidSignature, ValueError):
        return False
    return True


def _digest(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes

    digests: Mapping[str, object] = {
        "256": hashes.SHA256(),
        "384": hashes.SHA384(),
        "512": hashes.SHA512(),
    }
    return digests[algorithm[2:]]


def _number(key: Mapping[str, str], name: str) -> int:
    return int.from_bytes(decoded(key[name]), "big")


def _rsa(key: Mapping[str, str], algorithm: str, token: Token) -> None:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    digest = _digest(algorithm)
    filling: padding.PKCS1v15 | padding.PSS = padding.PKCS1v15()
    if algorithm.startswith("PS"):
        filling = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
    public = rsa.RSAPublicNumbers(_number(key, "e"), _number(key, "n")).public_key()
    public.verify(token.signature, token.signed, filling, digest)


def _elliptic(key: Mapping[str, str], algorithm: str, token: Token) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    curve = curves[key["crv"]]
    half = (curve.key_size + 7) // 8
    if len(token.signature) != 2 * half:
        raise ValueError("a signature of another length")
    r, s = (int.from_bytes(part, "big") for part in _halves(token.signature, half))
    public = ec.EllipticCurvePublicNumbers(_number(key, "x"), _number(key, "y"), curve).public_key()
    signature = utils.encode_dss_signature(r, s)
    public.verify(signature, token.signed, ec.ECDSA(_digest(algorithm)))


def _halves(signature: bytes, half: int) -> tuple[bytes, bytes]:
    return signature[:half], signature[half:]


def _edwards(key: Mapping[str, str], algorithm: str, token: Token) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    public = ed25519.Ed25519PublicKey.from_public_bytes(decoded(key["x"]))
    public.verify(token.signature, token.signed)


def _symmetric(key: Mapping[str, str], algorithm: str, token: Token) -> None:
    from cryptography.hazmat.primitives import hmac

    mac = hmac.HMAC(decoded(key["k"]), _digest(algorithm))
    mac.update(token.signed)
    mac.verify(token.signature)


_VERIFY: Mapping[str, Callable[[Mapping[str, str], str, Token], None]] = {
    "RSA": _rsa,
    "EC": _elliptic,
    "OKP": _edwards,
    "oct": _symmetric,
}
