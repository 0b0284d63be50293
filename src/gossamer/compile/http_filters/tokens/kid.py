"""Tokens that do not say which of their issuer's keys signed them.

OpenID Connect Core, 10.1: where a key set has several keys, a token must have a `kid`. Envoy would
try them all. It has no setting against that, so a request is looked at for the name in its token's
header, which is JSON in base64url: three bytes are four letters, so the name can begin at three
places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher

from gossamer.compile.http_filters.tokens.places import (
    TokenPlace,
    TokenPlaceKind,
    by_regex,
    header_of,
    holding,
    listed,
)

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NAME = b'"kid"'


def without_kid(place: TokenPlace) -> tuple[HeaderMatcher, HeaderMatcher]:
    """Requests with a token at that place whose header names no key."""
    if place.kind is TokenPlaceKind.HEADER:
        named = f"{re.escape(place.prefix.rstrip())}\\s*{_NAMED}"
    else:
        named = listed(place, value=_NAMED)
    return holding(place), by_regex(header_of(place), f"(?s){named}", invert=True)


def _encoded(skipped: int) -> str:
    """The name in base64url behind so many bytes that may be any."""
    bits = "?" * (8 * skipped) + "".join(f"{byte:08b}" for byte in _NAME)
    bits += "?" * (-len(bits) % 6)
    return "".join(map(_letter, (bits[at : at + 6] for at in range(0, len(bits), 6))))


def _letter(bits: str) -> str:
    fitting = "".join(_fitting(bits))
    return fitting if len(fitting) == 1 else "" if bits == "??????" else f"[{fitting}]"


def _fitting(bits: str) -> Iterator[str]:
    for value, letter in enumerate(_LETTERS):
        if all(known in ("?", bit) for known, bit in zip(bits, f"{value:06b}", strict=True)):
            yield letter


_ANY = "[A-Za-z0-9_-]*"
_NAMED = f"{_ANY}(?:{'|'.join(_encoded(skipped) for skipped in range(3))}){_ANY}\\..*"
