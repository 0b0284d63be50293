"""Which of several routes on one host is tried first, across the objects that declare them.

Source: Gateway API, HTTPRouteRule.matches; Istio's written order with catch-alls last.
"""

from __future__ import annotations

from gossamer.model.ids import Dialect
from gossamer.model.traffic.route import Compare, Match, Route, RouteSet

Claimed = tuple[RouteSet, Route]


def precedence(match: Match) -> tuple[int, ...]:
    """Gateway API's order, smaller first: exact path, longest prefix, method, headers, query."""
    path = match.path
    kinds = {Compare.EXACT: 0, Compare.PATH_PREFIX: 1, Compare.PREFIX: 1, Compare.REGEX: 2}
    kind = kinds[path.compare] if path is not None else 1
    length = len(path.value.rstrip("/")) if path is not None else 0
    return (kind, -length, match.method is None, -len(match.headers), -len(match.query))


def by_precedence(pairs: list[Claimed]) -> list[Claimed]:
    """The routes in the order to try them; `pairs` come strongest object first.

    Gateway API's routes go by specificity, others as they were written, save that what takes
    every request comes last.
    """
    if pairs and pairs[0][0].dialect is Dialect.GATEWAY_API:
        return sorted(pairs, key=lambda pair: precedence(pair[1].match))
    return sorted(pairs, key=lambda pair: takes_all(pair[1].match)) if _merged(pairs) else pairs


def _merged(pairs: list[Claimed]) -> bool:
    return len({claim.object for claim, _ in pairs}) > 1


def takes_all(match: Match) -> bool:
    """Whether every request of a host that gets as far as this match is taken by it."""
    path = match.path
    every = path is None or (path.compare is not Compare.EXACT and path.value == "/")
    named = match.headers or match.query or match.claims
    return every and not (match.method or named or match.authority)
