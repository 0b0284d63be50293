"""The keys of an issuer out of its JSON Web Key Set: public RSA and P-256 keys for signatures.

The set is read as that of a token issuer for workloads; of its keys those are taken that ID tokens
are signed by, and that have a name. A set without one such key is an error.
"""

from __future__ import annotations

from collections.abc import Mapping

from gossamer.model.workload.key_set import BadKeySet, KeySet, NoUsableKey, keys_of, read_key_set
from gossamer.plane.access.people.rules import PublicKey

_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}
_NONE = "holds no RSA or P-256 key for signatures that has a kid"


class NoUsableKeys(ValueError):
    """A key set without a usable key; the text says why."""


def id_token_keys(raw: bytes) -> tuple[PublicKey, ...]:
    """Its keys. Raises NoUsableKeys."""
    held = _key_set(raw)
    if held.private:
        raise NoUsableKeys("holds a private key, which is the issuer's alone")
    keys = tuple(key for each in keys_of(held.text) if (key := _public(each)))
    if not keys:
        raise NoUsableKeys(_NONE)
    return keys


def _key_set(raw: bytes) -> KeySet:
    try:
        return read_key_set(raw.decode(), secret=False)
    except NoUsableKey as error:
        raise NoUsableKeys(f"{_NONE}: {error}") from error
    except (BadKeySet, UnicodeDecodeError) as error:
        raise NoUsableKeys(f"is not a JSON Web Key Set: {error}") from error


def _public(key: Mapping[str, str]) -> PublicKey | None:
    algorithm = _ALGORITHMS.get((key["kty"], key.get("crv")))
    if algorithm is None or not key.get("kid") or key.get("alg", algorithm) != algorithm:
        return None
    return PublicKey(key["kid"], algorithm, tuple(sorted(key.items())))
