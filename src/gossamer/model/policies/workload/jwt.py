"""Tokens: which issuers' JSON Web Tokens a workload's requests may carry, and where.

A request without a token passes; one whose token is not valid is refused. Values are Istio's
RequestAuthentication (https://istio.io/latest/docs/reference/config/security/request_authentication/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

FETCH_TIME = timedelta(seconds=5)
"""How long an issuer may take to tell its keys, unless the author says otherwise."""


@dataclass(frozen=True, slots=True, order=True)
class KeySource:
    """Where an issuer's keys are fetched: at a URL, or at the one that the OpenID configuration
    of the issuer `discovered_for` names."""

    url: str
    discovered_for: str = ""

    def __str__(self) -> str:
        return f"{self.url} (OpenID)" if self.discovered_for else self.url


@dataclass(frozen=True, slots=True)
class TokenHeader:
    """A header that may hold a token, behind a prefix such as `Bearer `."""

    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class TokenPlaces:
    """Where tokens are looked for. Nowhere means the usual places of OAuth 2."""

    headers: tuple[TokenHeader, ...] = ()
    params: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.headers or self.params or self.cookies)


USUAL_PLACES = TokenPlaces((TokenHeader("authorization", "Bearer "),), ("access_token",))


@dataclass(frozen=True, slots=True)
class TokenOutput:
    """What becomes of a token that is valid.

    `forward` leaves it in the request; `payload_header` gets its payload as it is encoded;
    `claim_headers` are pairs of a header and a claim, such as `("x-sub", "sub")`.
    """

    forward: bool = False
    payload_header: str = ""
    claim_headers: tuple[tuple[str, str], ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that the proxy writes, and no caller may."""
        own = (self.payload_header,) if self.payload_header else ()
        return (*own, *(name for name, _ in self.claim_headers))


@dataclass(frozen=True, slots=True)
class JwtRule:
    """One issuer. Its keys are `keys`, a key set as `key_set` writes it, or come from `source`.

    `spaced_claims` are claims whose text is a list of words, beside scope and permission.
    """

    issuer: str
    keys: str = ""
    source: KeySource | None = None
    audiences: tuple[str, ...] = ()
    places: TokenPlaces = USUAL_PLACES
    output: TokenOutput = TokenOutput()
    spaced_claims: tuple[str, ...] = ()
    timeout: timedelta = FETCH_TIME


@dataclass(frozen=True, slots=True)
class Jwt:
    """The issuers that one object names. All objects that are for a workload hold together."""

    WORD: ClassVar[str] = "jwt"

    rules: tuple[JwtRule, ...] = ()
