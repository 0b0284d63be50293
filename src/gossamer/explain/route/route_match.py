"""Whether a route takes a request, and if not, why: Envoy's RouteMatch.

Source: envoy.config.route.v3.RouteMatch, HeaderMatcher and QueryParameterMatcher. A header that
is not there matches nothing, negated or not, unless the matcher takes it for empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from envoy.config.route.v3.route_components_pb2 import (
    HeaderMatcher,
    QueryParameterMatcher,
    RouteMatch,
)

from gossamer.explain.route.claims import claim_matches, claim_obstacle
from gossamer.explain.route.pattern import matches_whole
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.route.text_match import string_matches, string_words

_PSEUDO = {":method": "method", ":authority": "authority", ":scheme": "scheme", ":path": "path"}


def why_not(match: RouteMatch, request: ExplainedRequest) -> str | None:
    """What keeps a route from taking the request; None where it takes it."""
    return next(_obstacles(match, request), None)


def _obstacles(match: RouteMatch, request: ExplainedRequest) -> Iterator[str]:
    """All that stands in the way, in the order in which Envoy looks."""
    if not path_matches(match, request.bare_path):
        yield f"needs {path_words(match)}; the path is {request.bare_path}"
    for header in match.headers:
        if not header_matches(header, request.header(header.name)):
            yield f"needs {header_words(header)}; {_found(header, request)}"
    for query in match.query_parameters:
        value = request.parameter(query.name)
        if not _query_matches(query, value):
            has = "there is none" if value is None else f"it is {value!r}"
            yield f"needs query parameter {query.name}{_wanted(query)}; {has}"
    for claim in match.dynamic_metadata:
        if not claim_matches(claim, request.claims):
            yield claim_obstacle(claim, request.claims)


def path_matches(match: RouteMatch, path: str) -> bool:
    """Whether a RouteMatch's path specifier takes the path, which comes without query."""
    kind = match.WhichOneof("path_specifier")
    assert kind is not None, "Envoy demands a path specifier"
    if kind == "connect_matcher":
        return True
    if kind == "safe_regex":
        return matches_whole(match.safe_regex.regex, path)
    wanted: str = getattr(match, kind)
    if match.HasField("case_sensitive") and not match.case_sensitive.value:
        wanted, path = wanted.lower(), path.lower()
    if kind == "path":
        return path == wanted
    if kind == "path_separated_prefix":
        return path == wanted or path.startswith(f"{wanted}/")
    return path.startswith(wanted)


def header_matches(header: HeaderMatcher, value: str | None) -> bool:
    """Whether a HeaderMatcher takes a header's value, None where the header is not there."""
    kind = header.WhichOneof("header_match_specifier")
    if kind in (None, "present_match"):
        present = value is not None
        wanted = header.present_match if kind else True
        return bool((present == wanted) != header.invert_match)
    if value is None:
        if not header.treat_missing_header_as_empty:
            return False
        value = ""
    return bool(string_matches(header.string_match, value) != header.invert_match)


def _query_matches(query: QueryParameterMatcher, value: str | None) -> bool:
    if value is None:
        return False
    kind = query.WhichOneof("query_parameter_match_specifier")
    return kind != "string_match" or string_matches(query.string_match, value)


def path_words(match: RouteMatch) -> str:
    """A path specifier in words."""
    kind = match.WhichOneof("path_specifier")
    assert kind is not None, "Envoy demands a path specifier"
    if kind == "safe_regex":
        return f"a path that matches {match.safe_regex.regex}"
    names = {"path": "the path", "prefix": "a path that begins with"}
    return f"{names.get(kind, 'a path at or below')} {getattr(match, kind)}"


def header_words(header: HeaderMatcher) -> str:
    """A HeaderMatcher in words, such as `header end-user: jason`."""
    what = _PSEUDO.get(header.name) or f"header {header.name}"
    negated = "not " if header.invert_match else ""
    if header.WhichOneof("header_match_specifier") in (None, "present_match"):
        return f"{negated}any {what}" if not header.invert_match else f"no {what}"
    return f"{what}: {negated}{string_words(header.string_match)}"


def _wanted(query: QueryParameterMatcher) -> str:
    kind = query.WhichOneof("query_parameter_match_specifier")
    return f"={string_words(query.string_match)}" if kind == "string_match" else ""


def _found(header: HeaderMatcher, request: ExplainedRequest) -> str:
    value = request.header(header.name)
    return "there is none" if value is None else f"it is {value!r}"
