"""Issuers of tokens for tests: keys, key sets, and tokens that are right or wrong on purpose."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER = "https://issuer.example"


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    """A whole number as a key set has it."""
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _part(value: Any) -> str:
    return encoded(json.dumps(value).encode())


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Signer:
    """One issuer's RSA key of the id `kid`."""

    kid: str = "one"
    issuer: str = ISSUER
    key: rsa.RSAPrivateKey = field(default_factory=_new_key)

    def jwk(self, **more: Any) -> dict[str, Any]:
        """The public key, with more parameters."""
        numbers = self.key.public_key().public_numbers()
        bare = {"kty": "RSA", "kid": self.kid, "n": number(numbers.n), "e": number(numbers.e)}
        return {**bare, **more}

    def claims(self, **more: Any) -> dict[str, Any]:
        """Claims of a good token: None removes one."""
        claims = {"iss": self.issuer, "sub": "joe", "exp": int(time.time()) + 36_000, **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, head: dict[str, Any] | None = None, **more: Any) -> str:
        """A token signed by RS256; `head` changes its header, None there removes a field."""
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **(head or {})}
        kept = {name: value for name, value in header.items() if value is not None}
        signed = f"{_part(kept)}.{_part(self.claims(**more))}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"

    def unsigned(self, **more: Any) -> str:
        """A token of the algorithm none."""
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(self.claims(**more))}."

    def confused(self, **more: Any) -> str:
        """A token signed by HS256 with the public key, which everybody knows, as the secret."""
        signed = f"{_part({'alg': 'HS256', 'kid': self.kid})}.{_part(self.claims(**more))}"
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        mac = hmac.HMAC(public, hashes.SHA256())
        mac.update(signed.encode())
        return f"{signed}.{encoded(mac.finalize())}"


def key_set(*keys: dict[str, Any]) -> str:
    """A JSON Web Key Set."""
    return json.dumps({"keys": list(keys)})
