"""Comparisons as languages: each reads as Envoy matches, and every way to meet them is found."""

from __future__ import annotations

from itertools import product

import pytest
import re2
from hypothesis import assume, given, settings, strategies

from gossamer.explain.promises.automaton import Automaton, TooManyCombinations
from gossamer.explain.promises.languages import language_of
from gossamer.explain.promises.pattern_reader import Unreadable, regex
from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

PIECES = (
    *("a", "b", "ab", "[a-c]", ".", "\\d", "(a|b)", "(?:ab)?", "a*", "[^a]+", "b{2}", "a{1,2}"),
    *("(a|)", "\\.", "c??", "[]a]", "x{,2}", "$", "^", "()", "(?P<n>c)", "[\\w-]", "b+?"),
)
TEXTS = strategies.text("abc.1]x{,", max_size=6)
COMPARES = (
    ValueCompare.EXACT,
    ValueCompare.PREFIX,
    ValueCompare.SUFFIX,
    ValueCompare.TEMPLATE,
    ValueCompare.PRESENT,
)


def automaton(*matches: ValueMatch) -> Automaton:
    """The languages of these comparisons."""
    built = Automaton()
    for match in matches:
        built.add(language_of(match))
    return built


@given(strategies.lists(strategies.sampled_from(PIECES), min_size=1, max_size=4), TEXTS)
@settings(max_examples=1500, derandomize=True, deadline=None)
def test_patterns_mean_what_re2_says(pieces: list[str], text: str) -> None:
    """A pattern that is read has the texts that RE2 matches as a whole."""
    pattern = "".join(pieces)
    try:
        wanted = bool(re2.compile(pattern).fullmatch(text))
        language = regex(pattern)
    except (re2.error, Unreadable):
        assume(False)
    built = Automaton()
    built.add(language)
    assert bool(built.met(text)) is wanted


@pytest.mark.parametrize(
    "pattern", ["\\bx", "a^b", "a$b", "(?i)x", "[[:alpha:]]", "\\pN", "x**", "(a", "a)", "ü", "\\"]
)
def test_what_is_more_than_texts_is_not_read(pattern: str) -> None:
    """Nothing is proven about what is not understood."""
    with pytest.raises(Unreadable):
        regex(pattern)


@pytest.mark.parametrize(
    ("template", "yes", "no"),
    [
        ("/a/{*}", ["/a/b", "/a/b%20c"], ["/a/", "/a", "/a/b/c", "/a/b/"]),
        ("/a/{**}", ["/a/", "/a/b", "/a/b/c"], ["/a", "/b"]),
        ("/{*}/x/{**}.js", ["/a/x/.js", "/a/x/b/c.js"], ["//x/.js", "/a/x/b"]),
    ],
)
def test_templates(template: str, yes: list[str], no: list[str]) -> None:
    """`{*}` is one segment that is not empty, `{**}` is anything."""
    built = automaton(ValueMatch(ValueCompare.TEMPLATE, template))
    assert [bool(built.met(each)) for each in (*yes, *no)] == [True] * len(yes) + [False] * len(no)


WORDS = ["".join(each) for size in range(6) for each in product("ab", repeat=size)]


@given(
    strategies.lists(
        strategies.tuples(strategies.sampled_from(COMPARES), strategies.text("ab", max_size=3)),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_every_combination_is_found(drawn: list[tuple[ValueCompare, str]]) -> None:
    """No text meets the comparisons in a way that none of the texts found does, and each text found
    meets them as is said."""
    matches = [ValueMatch(compare, text) for compare, text in drawn]
    built = automaton(ValueMatch(ValueCompare.PREFIX), *matches)
    found = dict(built.combinations(0))
    assert all(built.met(text) == met for met, text in found.items())
    assert {built.met(word) for word in WORDS} <= set(found)


def test_too_many_are_given_up() -> None:
    """The work is bounded, whatever policies say."""
    many = [ValueMatch(ValueCompare.PREFIX, f"/p{at}/") for at in range(100)]
    many += [ValueMatch(ValueCompare.SUFFIX, f"/s{at}") for at in range(100)]
    with pytest.raises(TooManyCombinations):
        list(automaton(ValueMatch(ValueCompare.PREFIX), *many).combinations(0))


def test_hundreds_of_paths_are_looked_at() -> None:
    """What people write in numbers is no trouble."""
    many = [ValueMatch(ValueCompare.EXACT, f"/api/v1/thing-{at}") for at in range(300)]
    assert len(list(automaton(ValueMatch(ValueCompare.PREFIX), *many).combinations(0))) == 301
