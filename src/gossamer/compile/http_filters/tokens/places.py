"""Places of a request that may hold a token, as Envoy's matchers see them.

Envoy reads one token from each place, and every backend may read another: the last of two cookies,
`bearer` in small letters. These matchers find what the two could read differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher

from gossamer.model.policies.workload.jwt import TokenPlaces

_TOKEN = "[A-Za-z0-9._-]+"


class TokenPlaceKind(IntEnum):
    """In the order in which Envoy looks."""

    HEADER = 0
    PARAM = 1
    COOKIE = 2


@dataclass(frozen=True, slots=True, order=True)
class TokenPlace:
    """One place: the name of a header, query parameter or cookie; a header's prefix."""

    kind: TokenPlaceKind
    name: str
    prefix: str = ""


def places_of(places: TokenPlaces) -> Iterator[TokenPlace]:
    """Each place, once."""
    yield from dict.fromkeys(
        (
            *(TokenPlace(TokenPlaceKind.HEADER, each.name, each.prefix) for each in places.headers),
            *(TokenPlace(TokenPlaceKind.PARAM, name) for name in places.params),
            *(TokenPlace(TokenPlaceKind.COOKIE, name) for name in places.cookies),
        )
    )


def holding(place: TokenPlace) -> HeaderMatcher:
    """Requests with something at that place."""
    if place.kind is TokenPlaceKind.HEADER and not place.prefix:
        return HeaderMatcher(name=place.name, present_match=True)
    if place.kind is TokenPlaceKind.HEADER:
        matcher = HeaderMatcher(name=place.name)
        matcher.string_match.contains = place.prefix
        return matcher
    return by_regex(header_of(place), listed(place))


def ambiguous(place: TokenPlace) -> tuple[HeaderMatcher, ...]:
    """Requests of which another reader might take another token from that place than Envoy does.

    Two values, or a prefix in other letters or with more around it.
    """
    if place.kind is not TokenPlaceKind.HEADER:
        return (by_regex(header_of(place), listed(place, twice=True)),)
    if not place.prefix:
        matcher = HeaderMatcher(name=place.name)
        matcher.string_match.contains = ","
        return (matcher,)
    return (by_regex(place.name, f"(?s){'|'.join(_unlike(place.prefix))}"),)


def _unlike(prefix: str) -> Iterator[str]:
    """Values that begin as the prefix does, in other letters, or with no token alone behind it.

    Envoy compares each value of a header by itself, so one pattern has to say all of it.
    """
    scheme, spaced = prefix.rstrip(), prefix != prefix.rstrip()
    exact, any_case = re.escape(scheme), f"(?i:{re.escape(scheme)})"
    behind = r"(?:\s.*)?" if spaced else ".*"
    for at, letter in enumerate(scheme):
        if letter.swapcase() != letter:
            before, after = re.escape(scheme[:at]), re.escape(scheme[at + 1 :])
            yield f"(?i:{before}){letter.swapcase()}(?i:{after}){behind}"
    yield rf".*,\s*{any_case}{behind}"
    yield rf"{exact}\s*"
    gap = r"\s+" if spaced else r"\s*"
    yield rf"{exact}{gap}{_TOKEN}\s.*"
    yield rf"{exact}{gap}[A-Za-z0-9._-]*[^A-Za-z0-9._\s-].*"
    yield rf"{exact} *[\t\v\f].*"


def header_of(place: TokenPlace) -> str:
    """The header in which Envoy has the place."""
    if place.kind is TokenPlaceKind.HEADER:
        return place.name
    return ":path" if place.kind is TokenPlaceKind.PARAM else "cookie"


def listed(place: TokenPlace, *, twice: bool = False, value: str = ".*") -> str:
    """A query string or cookie header that has the name with such a value, or has it again."""
    if place.kind is TokenPlaceKind.PARAM:
        one = (
            f"{_decoded(place.name)}={value}" if value != ".*" else f"{_decoded(place.name)}(=.*)?"
        )
        again = f"{one}&(.*&)?{one}" if twice else f"{one}(&.*)?"
        return rf"(?s)[^?]*\?(.*&)?{again}"
    one = rf"\s*{re.escape(place.name)}\s*={value}"
    again = f"{one}[;,]{one}" if twice else one
    return f"(?s)(.*[;,])?{again}"


def _decoded(name: str) -> str:
    """A name whose letters may be percent-encoded, as Envoy reads it."""
    return "".join(_letter(byte) for byte in name.encode())


def _letter(byte: int) -> str:
    encoded = f"%{byte:02x}"
    either = f"(?i:{encoded})"
    return f"(?:{re.escape(chr(byte))}|{either})" if byte < 128 else either


def by_regex(name: str, regex: str, *, invert: bool = False) -> HeaderMatcher:
    """Requests whose header is, as a whole, of that form; with `invert` those of another."""
    matcher = HeaderMatcher(name=name, invert_match=invert)
    matcher.string_match.safe_regex.regex = regex
    return matcher
