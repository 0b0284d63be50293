"""The languages that comparisons are: of one text, of texts that begin or end so, of patterns.

In a template `{*}` is one segment of a path, not empty, and `{**}` any number of characters.
"""

from __future__ import annotations

from typing import assert_never

from gossamer.explain.promises.automaton import EVERY, Fragment, characters
from gossamer.explain.promises.parts import (
    ANYTHING,
    SOMETHING,
    any_of,
    one_after_another,
    run_of,
    text,
)
from gossamer.explain.promises.pattern_reader import regex
from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

_SEGMENT = EVERY & ~characters("/")


def language_of(match: ValueMatch) -> Fragment:
    """The texts that a comparison takes. Raises Unreadable."""
    match match.compare:
        case ValueCompare.EXACT:
            return text(match.text)
        case ValueCompare.PREFIX:
            return one_after_another(text(match.text), ANYTHING)
        case ValueCompare.SUFFIX:
            return one_after_another(ANYTHING, text(match.text))
        case ValueCompare.PRESENT:
            return SOMETHING
        case ValueCompare.TEMPLATE:
            return template(match.text)
        case ValueCompare.REGEX:
            return regex(match.text)
        case ValueCompare.RANGE:
            raise ValueError("ranges are of addresses, which are not texts")
        case _:
            assert_never(match.compare)


def template(written: str) -> Fragment:
    """The paths of a template."""
    parts: list[Fragment] = []
    for at, piece in enumerate(written.split("{**}")):
        parts += [ANYTHING] if at else []
        for number, literal in enumerate(piece.split("{*}")):
            parts += [run_of(any_of(_SEGMENT), 1)] if number else []
            parts.append(text(literal))
    return one_after_another(*parts)
