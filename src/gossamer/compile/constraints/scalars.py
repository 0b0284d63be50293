"""Rules of single values: each says in words what is wrong with a value, or nothing.

Source: protoc-gen-validate's rules, as far as Envoy's descriptors use them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import re2

Rule = Callable[[Any], str]
"""What is wrong with a value; empty where nothing is."""

_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("const", lambda value, context: value == context, "must be"),
    ("lt", lambda value, context: value < context, "must be below"),
    ("lte", lambda value, context: value <= context, "must not be above"),
    ("gt", lambda value, context: value > context, "must be above"),
    ("gte", lambda value, context: value >= context, "must not be below"),
)
_LENGTHS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("min_len", lambda value, context: len(value) >= context, "must have {} characters or more"),
    (
        "max_len",
        lambda value, context: len(value) <= context,
        "must not have more than {} characters",
    ),
    ("min_bytes", lambda value, context: _size(value) >= context, "must have {} bytes or more"),
    (
        "max_bytes",
        lambda value, context: _size(value) <= context,
        "must not have more than {} bytes",
    ),
    ("prefix", lambda value, context: value.startswith(context), "must begin with {}"),
    ("suffix", lambda value, context: value.endswith(context), "must end with {}"),
    ("contains", lambda value, context: context in value, "must have {} in it"),
    ("not_contains", lambda value, context: context not in value, "must not have {} in it"),
)
_HEADERS = {  # by well_known_regex and whether it is strict
    (1, True): r":?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+",
    (2, True): r"[^\x00-\x08\x0a-\x1f\x7f]*",
    (1, False): r"[^\x00\n\r]*",
    (2, False): r"[^\x00\n\r]*",
}


def numbers(rules: Any) -> Iterator[Rule]:
    """The rules of a number, or of an enumeration."""
    yield from _bounded(rules)
    yield from _among(rules)


def durations(rules: Any) -> Iterator[Rule]:
    """The rules of a duration."""
    for name, holds, words in _BOUNDS:
        if rules.HasField(name):
            context = _span(getattr(rules, name))
            yield _rule(_holding(holds, context, _span), f"{words} {context}")


def texts(rules: Any) -> Iterator[Rule]:
    """The rules of a string or of bytes."""
    names = rules.DESCRIPTOR.fields_by_name
    for name, holds, words in _LENGTHS:
        if name in names and rules.HasField(name):
            context = getattr(rules, name)
            yield _rule(_holding(holds, context), words.format(context))
    yield from _among(rules)
    if rules.HasField("pattern"):
        yield _matching(rules.pattern)
    if "well_known_regex" in names and rules.WhichOneof("well_known") == "well_known_regex":
        yield _whole(_HEADERS[rules.well_known_regex, rules.strict])


def _bounded(rules: Any) -> Iterator[Rule]:
    names = rules.DESCRIPTOR.fields_by_name
    for name, holds, words in _BOUNDS:
        if name in names and rules.HasField(name):
            context = getattr(rules, name)
            yield _rule(_holding(holds, context), f"{words} {context}")


def _among(rules: Any) -> Iterator[Rule]:
    allowed, forbidden = tuple(getattr(rules, "in")), tuple(rules.not_in)
    if allowed:
        yield _rule(lambda value: value in allowed, f"must be one of {allowed}")
    if forbidden:
        yield _rule(lambda value: value not in forbidden, f"must be none of {forbidden}")


def _holding(
    holds: Callable[[Any, Any], bool],
    context: Any,
    take: Callable[[Any], Any] = lambda value: value,
) -> Callable[[Any], bool]:
    return lambda value: holds(take(value), context)


def _rule(holds: Callable[[Any], bool], words: str) -> Rule:
    return lambda value: "" if holds(value) else words


@cache
def _matching(pattern: str) -> Rule:
    expression = re2.compile(pattern)
    return _rule(lambda value: expression.search(value) is not None, f"must match {pattern}")


@cache
def _whole(pattern: str) -> Rule:
    expression = re2.compile(pattern)
    return _rule(
        lambda value: expression.fullmatch(value) is not None,
        "has characters that no header may have",
    )


def _size(value: str | bytes) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


def _span(value: Any) -> timedelta:
    return timedelta(seconds=value.seconds, microseconds=value.nanos / 1000)
