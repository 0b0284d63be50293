"""Finding the rule that takes all requests of another one without comparing each with each.

A match that is wide enough to cover another demands something: this path, a header of that name,
that port. What it demands, the narrow one must offer. So each match is kept under one of its
demands, the rarest, and a narrow one is compared with those alone that demand what it offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

from gossamer.compile.checks.routes.matches import ANYTHING, PREFIXES, covers
from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

Token = tuple[str, ...]

_LONGEST = 64
"""Letters of a prefix that tell matches apart; the comparison itself reads all of them."""

_COMPARED = 200
"""Matches that one is compared with. Of more that demand the same nothing is said."""


class Covering:
    """Matches in their order, kept under what they demand."""

    def __init__(self) -> None:
        self._matches: list[Match] = []
        self._under: dict[Token, list[int]] = {}

    def first(self, narrow: Match) -> int | None:
        """The position of the first match so far that takes every request of this one."""
        near = (self._under[token] for token in _offers(narrow) if token in self._under)
        tried = islice(merge(*near), _COMPARED)
        return next((at for at in tried if covers(self._matches[at], narrow)), None)

    def add(self, match: Match) -> None:
        """One more, behind the others."""
        at = len(self._matches)
        self._matches.append(match)
        for token in self._rarest(match):
            self._under.setdefault(token, []).append(at)

    def _rarest(self, match: Match) -> tuple[Token, ...]:
        if match.gateways:
            return tuple(("gateway", each) for each in dict.fromkeys(match.gateways))
        demands = tuple(_demands(match)) or ((),)
        return (min(demands, key=lambda token: len(self._under.get(token, ()))),)


def _demands(match: Match) -> Iterator[Token]:
    """What a match that this one covers must offer."""
    for name, text in _texts(match):
        yield from _demanded(name, text)
    for kind, named in (("header", match.headers), ("query", match.query)):
        for each in named:
            yield _present(kind, each)
            if not each.absent:
                yield from _demanded(f"{kind} {each.name.lower()}", each.match)
    yield from _plain(match)


def _offers(match: Match) -> Iterator[Token]:
    """All that this match has of what others may demand."""
    yield ()
    for name, text in _texts(match):
        yield from _offered(name, text)
    for kind, named in (("header", match.headers), ("query", match.query)):
        tokens = (token for each in named for token in _named_offers(kind, each))
        yield from dict.fromkeys(tokens)
    yield from _plain(match)
    yield from (("gateway", each) for each in match.gateways[:1])


def _named_offers(kind: str, each: NamedMatch) -> Iterator[Token]:
    yield _present(kind, each)
    yield from _offered(f"{kind} {each.name.lower()}", each.match)


def _present(kind: str, each: NamedMatch) -> Token:
    return (kind, each.name.lower(), str(each.absent))


def _texts(match: Match) -> Iterable[tuple[str, StringMatch | None]]:
    return (
        ("path", match.path),
        ("method", match.method),
        ("authority", match.authority),
        ("scheme", match.scheme),
    )


def _plain(match: Match) -> Iterator[Token]:
    for claim in dict.fromkeys(match.claims):
        yield ("claim", *claim.path, str(claim.absent), claim.match.compare, claim.match.value)
    if match.port is not None:
        yield ("port", str(match.port))
    for key, value in dict.fromkeys(match.source_labels):
        yield ("label", key, value)
    if match.source_namespace is not None:
        yield ("namespace", match.source_namespace)


def _demanded(name: str, text: StringMatch | None) -> Iterator[Token]:
    if text is None or text.compare is Compare.PRESENT or text.value in ("", "/"):
        return
    value = text.value.lower()
    if text.compare is Compare.REGEX:
        if text.value not in ANYTHING:
            yield (name, "regex", value)
    elif text.compare is Compare.EXACT:
        yield (name, "exact", value)
    else:
        start = value if text.compare is Compare.PREFIX else value.rstrip("/")
        yield (name, "starts", start[:_LONGEST])


def _offered(name: str, text: StringMatch | None) -> Iterator[Token]:
    if text is None or text.compare is Compare.PRESENT:
        return
    value = text.value.lower()
    if text.compare is Compare.REGEX:
        yield (name, "regex", value)
        return
    if text.compare is Compare.EXACT:
        yield (name, "exact", value)
    start = value[:_LONGEST]
    yield from ((name, "starts", start[:end]) for end in range(1, len(start) + 1))


assert set(PREFIXES) | {Compare.EXACT, Compare.REGEX, Compare.PRESENT} == set(Compare)
