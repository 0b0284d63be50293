"""Bearer tokens: made here, shown once, kept as hashes in one private file.

A token is `gossamer_ID_SECRET`. The secret is 256 random bits, so a plain SHA-256 of it is enough:
there is nothing to guess. It ends at its expiry or when it is deleted; there is none from the
start.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from gossamer.plane.access.actor import Actor, RoleGrant
from gossamer.plane.api.access_shapes import TokenMade, TokenShape
from gossamer.process.private_files import write_private
from gossamer.process.trusted_file import UnfitFile, read_trusted

SCHEMA = 1
PREFIX = "gossamer"
MOST_TOKENS = 1000
_MOST_BYTES = 2**21
_NO_HASH = "0" * 64


class TokensUnreadable(Exception):
    """The file of tokens cannot be believed; the text says who, what, effect and remedy."""


class KeptToken(Struct, frozen=True):
    """A token as it is kept: times are seconds since 1970."""

    id: str
    name: str
    hash: str
    grant: RoleGrant
    created: float
    expires: float


class KeptTokens(Struct, frozen=True):
    """The file."""

    schema: int
    tokens: tuple[KeptToken, ...] = ()


class TokenStore:
    """The tokens of one plane."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Raises TokensUnreadable where the file is there and cannot be used."""
        self._path, self._clock = path, clock
        self._tokens = {each.id: each for each in _read(path).tokens}

    def create(self, name: str, grant: RoleGrant, lifetime_s: float) -> TokenMade:
        """A new token, whose text nobody can have again; those that expired go for ever."""
        identifier, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        now = self._clock()
        kept = KeptToken(identifier, name, _hash(secret), grant, now, now + lifetime_s)
        alive = {key: each for key, each in self._tokens.items() if each.expires > now}
        self._keep({**alive, identifier: kept})
        return TokenMade(f"{PREFIX}_{identifier}_{secret}", _shape(kept))

    def delete(self, identifier: str) -> bool:
        """End a token; whether there was one."""
        if identifier not in self._tokens:
            return False
        self._keep({key: each for key, each in self._tokens.items() if key != identifier})
        return True

    def all(self) -> list[TokenShape]:
        """What there is to know of each token but the token itself, oldest first."""
        kept = sorted(self._tokens.values(), key=lambda each: (each.created, each.id))
        return [_shape(each) for each in kept]

    def is_full(self) -> bool:
        """Whether there are as many as may be."""
        now = self._clock()
        return sum(each.expires > now for each in self._tokens.values()) >= MOST_TOKENS

    def actor(self, text: str) -> Actor | None:
        """Whose token this is; None for a wrong or expired one, found out in equal time."""
        prefix, _, rest = text.partition("_")
        identifier, _, secret = rest.partition("_")
        kept = self._tokens.get(identifier)
        hashed = _hash(secret)
        fits = hmac.compare_digest(hashed, kept.hash if kept else _NO_HASH)
        if kept is None or not fits or prefix != PREFIX or kept.expires <= self._clock():
            return None
        return Actor(f"token:{kept.name}", (kept.grant,))

    def _keep(self, tokens: dict[str, KeptToken]) -> None:
        write_private(self._path, msgspec.json.encode(KeptTokens(SCHEMA, tuple(tokens.values()))))
        self._tokens = tokens


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _shape(kept: KeptToken) -> TokenShape:
    return TokenShape(
        id=kept.id,
        name=kept.name,
        role=kept.grant.role.value,
        namespaces=list(kept.grant.namespaces),
        hosts=list(kept.grant.hosts),
        created=kept.created,
        expires=kept.expires,
    )


def _read(path: Path) -> KeptTokens:
    try:
        kept = msgspec.json.decode(read_trusted(path, _MOST_BYTES), type=KeptTokens)
    except FileNotFoundError:
        return KeptTokens(SCHEMA)
    except (UnfitFile, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if kept.schema != SCHEMA:
        raise _unreadable(path, f"has the schema {kept.schema}, and {SCHEMA} is known")
    return kept


def _unreadable(path: Path, why: str) -> TokensUnreadable:
    return TokensUnreadable(
        f"The file of tokens {path} {why}. The control plane does not start: it would refuse "
        "everybody who has one. Fix the file, or remove it, which ends all tokens"
    )
