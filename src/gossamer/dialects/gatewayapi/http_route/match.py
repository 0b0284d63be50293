"""HTTPRouteMatch: which requests a rule takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.dialects.values.header import check_header_name
from gossamer.dialects.values.query import check_query_name
from gossamer.dialects.values.regex import check_regex
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_PATHS = {
    "Exact": Compare.EXACT,
    "PathPrefix": Compare.PATH_PREFIX,
    "RegularExpression": Compare.REGEX,
}
_VALUES = {"Exact": Compare.EXACT, "RegularExpression": Compare.REGEX}
_BAD_PATH = re.compile(r"//|/\./|/\.\./|%2[fF]|/\.$|/\.\.$")
_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2}){1,1024}")


def read_match(match: Fields) -> Match:
    """One match; where `match.failed` it must not be used, for it would take too much."""
    method = match.one_of("method", METHODS)
    return Match(
        path=_path(match.child("path")),
        method=StringMatch(Compare.EXACT, method) if method else None,
        headers=tuple(_named(match, "headers")),
        query=tuple(_named(match, "queryParams")),
    )


def _path(stanza: Fields) -> StringMatch | None:
    """The path; the prefix `/`, which takes every one, is none at all."""
    compare = stanza.one_of("type", _PATHS, Compare.PATH_PREFIX)
    value = stanza.string("value", "/")
    if compare is Compare.REGEX:
        check_regex(stanza, "value", value)
    elif not value.startswith("/") or _BAD_PATH.search(value) or not _PATH.fullmatch(value):
        _tell_bad_path(stanza, value)
    if compare is Compare.PATH_PREFIX:
        value = value.rstrip("/")
    return StringMatch(compare, value) if value else None


def _named(match: Fields, which: str) -> Iterator[NamedMatch]:
    """Conditions by name. Of several on one name the first counts, as the specification says."""
    seen: set[str] = set()
    for item in match.each(which):
        compare = item.one_of("type", _VALUES, Compare.EXACT)
        name = item.string("name", required=True) or ""
        value = item.string("value", required=True) or ""
        if which == "headers":
            name = name.lower()
            check_header_name(item, "name", name)
        elif item.has("name"):
            check_query_name(item, ("name",), name)
        if compare is Compare.REGEX:
            check_regex(item, "value", value)
        if name not in seen:
            seen.add(name)
            yield NamedMatch(name, StringMatch(compare, value))


def _tell_bad_path(stanza: Fields, value: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'value'))} is {quoted(value)}, which is not a valid path",
        "no request can match it",
        "Begin it with /, without // or .. or a query; escape other characters, such as %20",
        field="value",
        code="invalid-path",
    )
