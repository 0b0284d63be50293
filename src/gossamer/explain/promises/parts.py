"""The pieces that languages are built of, each an automaton's part before what comes after it."""

from __future__ import annotations

from gossamer.explain.promises.automaton import EVERY, Automaton, Fragment, Moves


def text(wanted: str) -> Fragment:
    """This text, and no other."""

    def build(automaton: Automaton, end: int) -> int:
        for byte in reversed(wanted.encode()):
            end = automaton.state(Moves(((1 << byte, end),)))
        return end

    return build


def any_of(allowed: int) -> Fragment:
    """One character of a set."""
    return lambda automaton, end: automaton.state(Moves(((allowed, end),)))


def run_of(part: Fragment, least: int = 0) -> Fragment:
    """The part any number of times, at least `least`."""

    def build(automaton: Automaton, end: int) -> int:
        again = automaton.state(Moves(free=(end,)))
        automaton.change(again, Moves(free=(end, part(automaton, again))))
        start = again
        for _ in range(least):
            start = part(automaton, start)
        return start

    return build


def one_after_another(*parts: Fragment) -> Fragment:
    """All parts in their order."""

    def build(automaton: Automaton, end: int) -> int:
        for part in reversed(parts):
            end = part(automaton, end)
        return end

    return build


def either(*parts: Fragment) -> Fragment:
    """One of the parts."""

    def build(automaton: Automaton, end: int) -> int:
        return automaton.state(Moves(free=tuple(part(automaton, end) for part in parts)))

    return build


ANYTHING = run_of(any_of(EVERY))
SOMETHING = run_of(any_of(EVERY), 1)
