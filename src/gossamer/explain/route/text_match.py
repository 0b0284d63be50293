"""Envoy's StringMatcher: what it takes, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envoy.type.matcher.v3.string_pb2 import StringMatcher

from gossamer.explain.route.pattern import matches_whole


def string_matches(match: StringMatcher, value: str) -> bool:
    """Whether a StringMatcher takes a value."""
    kind = match.WhichOneof("match_pattern")
    assert kind is not None, "Envoy demands a pattern"
    if kind == "safe_regex":
        return matches_whole(match.safe_regex.regex, value)
    wanted: str = getattr(match, kind)
    if match.ignore_case:
        wanted, value = wanted.lower(), value.lower()
    return _COMPARISONS[kind](value, wanted)


_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
    "contains": str.__contains__,
}


def string_words(match: StringMatcher) -> str:
    """A StringMatcher in words."""
    kind = match.WhichOneof("match_pattern")
    assert kind is not None, "Envoy demands a pattern"
    if kind == "safe_regex":
        return f"~{match.safe_regex.regex}"
    return f"{getattr(match, kind)}*" if kind == "prefix" else str(getattr(match, kind))
