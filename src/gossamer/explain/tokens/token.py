"""A JSON Web Token as it is read: header, claims, what is signed. Nothing here believes it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """The parts of a token. `payload` is the second part as it is written."""

    head: Mapping[str, object]
    claims: Mapping[str, object]
    payload: str
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        """Who says to have made it."""
        return str(self.claims.get("iss", ""))

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom it is for."""
        named = self.claims.get("aud")
        if isinstance(named, list):
            return tuple(map(str, named))
        return (named,) if isinstance(named, str) else ()

    @property
    def lifetime(self) -> str:
        """When it holds, for people: no clock is asked."""
        since, until = self.claims.get("nbf"), self.claims.get("exp")
        begins = f"from {_moment(since)} " if since is not None else ""
        return f"{begins}until {_moment(until)}"


def _moment(seconds: Any) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, TypeError, OverflowError, OSError):
        return "a time out of range"


def read_token(text: str) -> Token | None:
    """The token in a text; None where there is none, as Envoy reads it."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        head, claims = (json.loads(decoded(part)) for part in parts[:2])
        signature = decoded(parts[2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        return None
    if not isinstance(claims.get("aud", ""), str | list) or not _texts(claims, "iss", "sub"):
        return None
    return Token(head, claims, parts[1], f"{parts[0]}.{parts[1]}".encode(), signature)


def _texts(claims: Mapping[str, object], *names: str) -> bool:
    return all(isinstance(claims.get(name, ""), str) for name in names)


def decoded(text: str) -> bytes:
    """Base64url without padding. Raises ValueError."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
