"""Conditions on a token's claims, in the metadata that the filter of tokens writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.value_pb2 import ValueMatcher

from gossamer.explain.route.text_match import string_matches, string_words


def claim_matches(wanted: MetadataMatcher, claims: Mapping[str, object]) -> bool:
    """Whether the claims of a request's valid token meet a condition; {} where there is none."""
    return _value_matches(wanted.value, _claim(wanted, claims)) != wanted.invert


def claim_obstacle(wanted: MetadataMatcher, claims: Mapping[str, object]) -> str:
    """What a request lacks."""
    name = ".".join(_path(wanted))
    negated = "not " if wanted.invert else ""
    value = _claim(wanted, claims)
    has = "there is none" if value is None else f"it is {str(value)[:60]!r}"
    return f"needs claim {name}: {negated}{_words(wanted.value)}; {has}"


def _path(wanted: MetadataMatcher) -> list[str]:
    """The names of the claim; the first segment is the payload's own key."""
    return [segment.key for segment in wanted.path[1:]]


def _claim(wanted: MetadataMatcher, claims: Mapping[str, object]) -> Any:
    value: Any = claims
    for name in _path(wanted):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _value_matches(wanted: ValueMatcher, value: Any) -> bool:
    kind = wanted.WhichOneof("match_pattern")
    if kind == "present_match":
        return value is not None
    if kind == "or_match":
        return any(_value_matches(each, value) for each in wanted.or_match.value_matchers)
    if kind == "list_match":
        one = wanted.list_match.one_of
        return isinstance(value, list) and any(_value_matches(one, item) for item in value)
    return isinstance(value, str) and string_matches(wanted.string_match, value)


def _words(wanted: ValueMatcher) -> str:
    if wanted.WhichOneof("match_pattern") != "or_match":
        return "any"
    return string_words(wanted.or_match.value_matchers[0].string_match)
