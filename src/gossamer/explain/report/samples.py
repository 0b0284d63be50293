"""Calls that tell two meshes apart: for each written route, one that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from gossamer.explain.walk.call import Call
from gossamer.model.assembly.visible import routes_for
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

MOST = 20
"""How many calls to one host and port are tried at most."""


def sample_calls(
    meshes: Iterable[Lookup], source: str, namespace: str, host: str, port: int
) -> tuple[Call, ...]:
    """A plain GET, and one call for each written route of that host in any of the meshes.

    A match by a regular expression or a token's claim is left out: no call is made up for it.
    """
    authority = host if port == 80 else f"{host}:{port}"
    base = Call(source, "GET", "http", host, port, authority)
    calls = [base]
    for mesh in meshes:
        for claim in routes_for(mesh, host, port, namespace):
            calls += [call for route in claim.routes for call in _taken(base, route.match)]
    return tuple(dict.fromkeys(calls))[:MOST]


def _taken(base: Call, match: Match) -> Iterator[Call]:
    method = _value(match.method, base.method)
    authority = _value(match.authority, base.authority)
    path = _value(match.path, base.path)
    headers = _named(match.headers)
    query = _named(match.query)
    if match.claims or None in (method, authority, path, headers, query):
        return
    words = "&".join(f"{quote(name)}={quote(value)}" for name, value in query or ())
    whole = f"{path}?{words}" if words else str(path)
    yield Call(
        base.source,
        str(method),
        base.scheme,
        base.host,
        base.port,
        str(authority),
        whole if whole.startswith("/") else f"/{whole}",
        headers or (),
    )


def _value(wanted: StringMatch | None, otherwise: str) -> str | None:
    """A string that matches; None where only a regular expression would tell."""
    if wanted is None:
        return otherwise
    return None if wanted.compare is Compare.REGEX else wanted.value or otherwise


def _named(wanted: tuple[NamedMatch, ...]) -> tuple[tuple[str, str], ...] | None:
    pairs = [(each.name, _value(each.match, "yes")) for each in wanted if not each.absent]
    if any(value is None for _, value in pairs):
        return None
    return tuple((name, value or "yes") for name, value in pairs)
