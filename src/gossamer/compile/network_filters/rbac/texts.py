"""How values are compared, as Envoy's matchers of text.

A text that callers choose may hold any bytes. `ANYTHING` is any bytes, where `.` of a regular
expression passes over those that are not UTF-8: a rule that refuses must not be passed by with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.type.matcher.v3.string_pb2 import StringMatcher

from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

ANYTHING = r"\C*"
SOMETHING = r"\C+"
_STEP = re.compile(r"\{\*\*?\}")
_STEPS = {"{*}": r"[^/]+", "{**}": ANYTHING}


def regex(pattern: str) -> StringMatcher:
    """What the whole text must be."""
    matcher = StringMatcher()
    matcher.safe_regex.regex = pattern
    return matcher


def text_matcher(value: ValueMatch) -> StringMatcher:
    """A value compared with a whole text."""
    return _MATCHERS[value.compare](value.text)


def pattern_of(value: ValueMatch, anything: str = ANYTHING, something: str = SOMETHING) -> str:
    """The same as a regular expression; `anything` is what a wildcard may stand for."""
    return _PATTERNS[value.compare](value.text, anything, something)


def path_template(template: str) -> str:
    """A path with `{*}` for one segment and `{**}` for any number, as a regular expression."""
    pattern, at = "", 0
    for step in _STEP.finditer(template):
        pattern += re.escape(template[at : step.start()]) + _STEPS[step[0]]
        at = step.end()
    return pattern + re.escape(template[at:])


def address_range(text: str) -> CidrRange:
    """A range of addresses that was read as valid, `ADDRESS/LENGTH`."""
    address, _, length = text.partition("/")
    cidr = CidrRange(address_prefix=address)
    cidr.prefix_len.value = int(length or (128 if ":" in address else 32))
    return cidr


_MATCHERS: Mapping[ValueCompare, Callable[[str], StringMatcher]] = {
    ValueCompare.EXACT: lambda text: StringMatcher(exact=text),
    ValueCompare.PREFIX: lambda text: StringMatcher(prefix=text),
    ValueCompare.SUFFIX: lambda text: StringMatcher(suffix=text),
    ValueCompare.PRESENT: lambda text: regex(SOMETHING),
    ValueCompare.TEMPLATE: lambda text: regex(path_template(text)),
    ValueCompare.REGEX: regex,
}
_PATTERNS: Mapping[ValueCompare, Callable[[str, str, str], str]] = {
    ValueCompare.EXACT: lambda text, anything, something: re.escape(text),
    ValueCompare.PREFIX: lambda text, anything, something: re.escape(text) + anything,
    ValueCompare.SUFFIX: lambda text, anything, something: anything + re.escape(text),
    ValueCompare.PRESENT: lambda text, anything, something: something,
    ValueCompare.TEMPLATE: lambda text, anything, something: path_template(text),
    ValueCompare.REGEX: lambda text, anything, something: text,
}
