"""Patterns do to a call's text what RE2 does in Envoy, in time that no pattern can stretch."""

from __future__ import annotations

import pytest

from gossamer.explain.route.pattern import matches_whole, replace_all
from gossamer.explain.walk.call import BadCall, call_to


@pytest.mark.parametrize(
    ("pattern", "text", "whole"),
    [
        ("/a", "/ab", False),
        ("/a.*", "/ab", True),
        (r"[[:alpha:]]+\z", "ab", True),
        ("(?U)a+", "aa", True),
        ("/.", "/é", False),
        ("/é", "/é", True),
        (r"/\xC3\xA9", "/é", True),
    ],
)
def test_a_pattern_takes_all_of_a_text_or_none(pattern: str, text: str, whole: bool) -> None:
    """RE2's words count, and to Envoy every byte is a character."""
    assert matches_whole(pattern, text) is whole


@pytest.mark.parametrize(
    ("pattern", "substitution", "text", "made"),
    [
        ("a", "b", "aXa", "bXb"),
        ("a*", "-", "baac", "-b-c-"),
        ("/(a)/(b)?", r"/\2/\1\\\0", "/a/", r"//a\/a/"),
        ("é", "e", "/éé", "/ee"),
        ("^/", "//", "/a/", "//a/"),
    ],
)
def test_every_match_is_replaced(pattern: str, substitution: str, text: str, made: str) -> None:
    """Groups are filled in; an empty match right behind another is none."""
    assert replace_all(pattern, substitution, text) == made


def test_what_backtracks_elsewhere_is_over_at_once() -> None:
    """A pattern that takes Python's own engine longer than a life."""
    assert not matches_whole("(x+x+)+y", "x" * 50_000)


def test_a_request_that_envoy_would_not_take_is_none_to_explain() -> None:
    """What a call may cost is bounded by what Envoy would read of it."""
    with pytest.raises(BadCall, match="431"):
        call_to("a/b", "http://c/" + "x" * 70_000)
    with pytest.raises(BadCall, match="101 headers"):
        call_to("a/b", "http://c/", headers=[("x", "1")] * 101)
