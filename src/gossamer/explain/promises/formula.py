"""What lets a call through, as a formula over comparisons, and what is known of it half-way.

A comparison is about one subject: the caller's identity, the path, a header. While a subject has no
value yet, what depends on it alone is not known (None), and much is decided all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

SubjectKey = tuple[str, ...]
"""What is compared: an attribute, with the name of a header or the path of a claim."""

Met = Mapping[SubjectKey, int]
"""By subject, the comparisons that its value meets: bit N is the one of number N."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison number `bit` of its subject."""

    subject: SubjectKey
    bit: int


@dataclass(frozen=True, slots=True)
class Negation:
    """True where the part is false."""

    part: Formula


@dataclass(frozen=True, slots=True)
class Conjunction:
    """True where all parts are; of none it is true."""

    parts: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Disjunction:
    """True where any part is; of none it is false."""

    parts: tuple[Formula, ...] = ()


Formula = Comparison | Negation | Conjunction | Disjunction
TRUE, FALSE = Conjunction(), Disjunction()


def every(parts: Iterable[Formula]) -> Formula:
    """All of the parts."""
    return Conjunction(tuple(parts))


def some(parts: Iterable[Formula]) -> Formula:
    """One of the parts."""
    return Disjunction(tuple(parts))


def known(formula: Formula, met: Met) -> bool | None:
    """Whether it is true, as far as that follows from the subjects that have a value."""
    match formula:
        case Comparison():
            mask = met.get(formula.subject)
            return None if mask is None else bool(mask >> formula.bit & 1)
        case Negation():
            inside = known(formula.part, met)
            return None if inside is None else not inside
        case Conjunction():
            return _first(formula.parts, met, decides=False)
        case Disjunction():
            return _first(formula.parts, met, decides=True)
        case _:
            assert_never(formula)


def _first(parts: tuple[Formula, ...], met: Met, *, decides: bool) -> bool | None:
    unsure = False
    for part in parts:
        value = known(part, met)
        if value is decides:
            return decides
        unsure = unsure or value is None
    return None if unsure else not decides
