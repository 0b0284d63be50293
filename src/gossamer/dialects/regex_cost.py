"""How large RE2's program for a pattern gets, estimated from above, and how deep it repeats.

RE2 unrolls counted repetitions: `(a{100}){10}` is a thousand steps, and nested counts may multiply
to 1000 at most. Envoy refuses programs beyond a size that our bootstrap sets
(re2.max_program_size).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_STEPS = 30_000
MOST_REPEATS = 1000
_CLASS = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_OPENING = re.compile(r"\((?:\?P?<\w+>|\?[imsU-]*:)?")
_UNICODE = re.compile(r"\\[pP](?:\{[^}]*\}|.)?")


@dataclass(frozen=True, slots=True)
class Cost:
    """Steps of a part, and the largest product of nested counts in it."""

    steps: int = 0
    repeats: int = 1

    def beside(self, other: Cost) -> Cost:
        """Both, one after the other."""
        return Cost(self.steps + other.steps, max(self.repeats, other.repeats))

    def times(self, count: int) -> Cost:
        """This part, unrolled."""
        return Cost(min(self.steps * max(count, 1), 10**9), self.repeats * max(count, 1))


def cost_of(pattern: str) -> Cost:
    """The cost of a pattern that is otherwise well formed."""
    parts: list[list[Cost]] = [[Cost(2)]]
    at = 0
    while at < len(pattern):
        at = _step(pattern, at, parts)
    while len(parts) > 1:
        _end_group(parts)
    return _sum(parts[0])


def _step(pattern: str, at: int, parts: list[list[Cost]]) -> int:
    """Read what stands at a place; the place behind it."""
    sign, last = pattern[at], parts[-1]
    if opening := _OPENING.match(pattern, at):
        parts.append([Cost(2)])
        return opening.end()
    if sign == ")" and len(parts) > 1:
        _end_group(parts)
    elif counted := _COUNTED.match(pattern, at):
        last[-1] = last[-1].times(max(int(number[:9]) for number in counted.groups() if number))
        return counted.end()
    elif found := _CLASS.match(pattern, at):
        last.append(Cost(60 if _UNICODE.search(found[0]) else 12))
        return found.end()
    elif found := _UNICODE.match(pattern, at):
        last.append(Cost(60))
        return found.end()
    elif sign == "\\":
        last.append(Cost(4))
        return at + 2
    else:
        last.append(Cost(1 if sign.isascii() and sign != "." else 4))
    return at + 1


def _end_group(parts: list[list[Cost]]) -> None:
    inside = _sum(parts.pop())
    parts[-1].append(inside)


def _sum(costs: list[Cost]) -> Cost:
    total = Cost()
    for cost in costs:
        total = total.beside(cost)
    return total
