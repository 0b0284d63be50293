"""Languages of texts as one automaton, and a text for each way in which they can be met together.

Every comparison that a policy makes with a text, exact, prefix, suffix, template or regular
expression, is a regular language. A walk over the automaton of all of them finds each combination
of met and unmet that any text has, with the shortest text that has it. So a question about all
texts is one about a few of them, and nothing is lost. Characters are bytes, as to Envoy's RE2.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

Characters = int
"""A set of characters: bit N is the character of code N."""

EVERY: Characters = (1 << 256) - 1
MOST_STATES = 5_000
_READABLE = "xyzabcdefghijklmnopqrstuvwABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"


class TooManyCombinations(Exception):
    """The comparisons can be met in more ways than are looked at."""


def characters(text: str) -> Characters:
    """The characters of a text, as a set."""
    bits = 0
    for byte in text.encode():
        bits |= 1 << byte
    return bits


@dataclass(frozen=True, slots=True)
class Moves:
    """What can follow: by a character of the set to a state, or at once."""

    by: tuple[tuple[Characters, int], ...] = ()
    free: tuple[int, ...] = ()


Fragment = Callable[["Automaton", int], int]
"""A language under construction: given the automaton and the state that comes next, where it
begins."""


class Automaton:
    """States with their moves; each language that was added has its first and its last state."""

    def __init__(self) -> None:
        self._moves: list[Moves] = []
        self._starts: list[int] = []
        self._ends: dict[int, int] = {}

    def state(self, moves: Moves) -> int:
        """A new state with these moves."""
        self._moves.append(moves)
        return len(self._moves) - 1

    def change(self, state: int, moves: Moves) -> None:
        """Give a state its moves, where they lead back to it."""
        self._moves[state] = moves

    def add(self, language: Fragment) -> None:
        """One more language, numbered in the order of their coming."""
        end = self.state(Moves())
        self._ends[end] = len(self._starts)
        self._starts.append(language(self, end))

    def met(self, text: str) -> int:
        """Which languages have the text: bit N for the one of number N."""
        states = self._closed(self._starts)
        for byte in text.encode():
            states = self._after(states, 1 << byte)
        return self._mask(states)

    def combinations(self, domain: int) -> Iterator[tuple[int, str]]:
        """Each combination that a text of the language `domain` has, with a shortest such text.

        Raises TooManyCombinations.
        """
        classes = _classes({on for moves in self._moves for on, _ in moves.by})
        step = cache(lambda states, at: self._after(states, classes[at][0]))
        first = self._closed(self._starts)
        seen, masks = {first}, set[int]()
        waiting = deque([(first, "")])
        while waiting:
            states, text = waiting.popleft()
            mask = self._mask(states)
            if mask >> domain & 1 and mask not in masks:
                masks.add(mask)
                yield mask, text
            for at, (_, character) in enumerate(classes):
                after = step(states, at)
                if after and after not in seen:
                    seen.add(after)
                    waiting.append((after, text + character))
            if len(seen) > MOST_STATES:
                raise TooManyCombinations

    def _mask(self, states: frozenset[int]) -> int:
        return sum(1 << self._ends[state] for state in states if state in self._ends)

    def _after(self, states: frozenset[int], one: Characters) -> frozenset[int]:
        return self._closed([to for s in states for on, to in self._moves[s].by if on & one])

    def _closed(self, states: Sequence[int]) -> frozenset[int]:
        closed, waiting = set(states), list(states)
        while waiting:
            for to in self._moves[waiting.pop()].free:
                if to not in closed:
                    closed.add(to)
                    waiting.append(to)
        return frozenset(closed)


def _classes(sets: set[Characters]) -> list[tuple[Characters, str]]:
    """Characters that no set tells apart are one; each with a readable one of them."""
    parts = [EVERY]
    for one in sets:
        split = [(part & one, part & ~one) for part in parts]
        parts = [half for pair in split for half in pair if half]
    named = [(part, _readable(part)) for part in parts]
    return sorted(named, key=lambda pair: (_READABLE + pair[1]).index(pair[1]))


def _readable(part: Characters) -> str:
    near = next((each for each in _READABLE if part >> ord(each) & 1), None)
    return near if near is not None else chr((part & -part).bit_length() - 1)
