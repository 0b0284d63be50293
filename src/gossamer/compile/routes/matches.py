"""A model match as Envoy's RouteMatch."""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import (
    HeaderMatcher,
    QueryParameterMatcher,
    RouteMatch,
)
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher

from gossamer.contract.envoy_metadata import TOKEN_PAYLOAD, TOKENS
from gossamer.model.traffic.route import ClaimMatch, Compare, Match, NamedMatch, StringMatch


def string_matcher(match: StringMatch) -> StringMatcher:
    """An Envoy StringMatcher; a regex is RE2 over the whole string."""
    proto = StringMatcher()
    if match.compare is Compare.REGEX:
        proto.safe_regex.regex = _regex(match)
    elif match.compare is Compare.EXACT:
        proto.exact = match.value
        proto.ignore_case = match.ignore_case
    else:
        proto.prefix = match.value
        proto.ignore_case = match.ignore_case
    return proto


def fill_match(proto: RouteMatch, match: Match) -> None:
    """Set a route's `match` to take what this match takes."""
    fill_path(proto, match.path)
    for name, wanted in (
        (":method", match.method),
        (":authority", match.authority),
        (":scheme", match.scheme),
    ):
        if wanted is not None:
            proto.headers.append(_header(NamedMatch(name, wanted)))
    proto.headers.extend(_header(header) for header in match.headers)
    proto.query_parameters.extend(_query(query) for query in match.query)
    proto.dynamic_metadata.extend(_claim(claim) for claim in match.claims)


def fill_path(proto: RouteMatch, path: StringMatch | None) -> None:
    """Set the path specifier; no path takes every one."""
    if path is None:
        proto.prefix = "/"
    elif path.compare is Compare.EXACT:
        proto.path = path.value
    elif path.compare is Compare.REGEX:
        proto.safe_regex.regex = _regex(path)
    elif path.compare is Compare.PATH_PREFIX and path.value.rstrip("/"):
        proto.path_separated_prefix = path.value.rstrip("/")
    else:
        proto.prefix = path.value or "/"
    if path is not None and path.ignore_case and path.compare is not Compare.REGEX:
        proto.case_sensitive.value = False


def _regex(match: StringMatch) -> str:
    return f"(?i){match.value}" if match.ignore_case else match.value


def _header(wanted: NamedMatch) -> HeaderMatcher:
    proto = HeaderMatcher(name=wanted.name.lower(), invert_match=wanted.absent)
    if wanted.match.compare is Compare.PRESENT:
        proto.present_match = True
    else:
        proto.string_match.CopyFrom(string_matcher(wanted.match))
        # A header that is not there is not the unwanted one; by itself Envoy takes it for no match.
        proto.treat_missing_header_as_empty = wanted.absent
    return proto


def _query(wanted: NamedMatch) -> QueryParameterMatcher:
    proto = QueryParameterMatcher(name=wanted.name)
    if wanted.match.compare is Compare.PRESENT:
        proto.present_match = True
    else:
        proto.string_match.CopyFrom(string_matcher(wanted.match))
    return proto


def _claim(wanted: ClaimMatch) -> MetadataMatcher:
    """A claim is text, or a list of which one item is the text."""
    proto = MetadataMatcher(filter=TOKENS, invert=wanted.absent)
    for key in (TOKEN_PAYLOAD, *wanted.path):
        proto.path.add(key=key)
    if wanted.match.compare is Compare.PRESENT:
        proto.value.present_match = True
        return proto
    text = string_matcher(wanted.match)
    proto.value.or_match.value_matchers.add().string_match.CopyFrom(text)
    item = proto.value.or_match.value_matchers.add().list_match.one_of
    item.string_match.CopyFrom(text)
    return proto
