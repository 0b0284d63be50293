"""Looking for a call that makes a formula true, among values that stand for all there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gossamer.explain.promises.automaton import TooManyCombinations
from gossamer.explain.promises.formula import Formula, SubjectKey, known

MOST_STEPS = 50_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value of a subject (None: it is absent) with the comparisons that it meets."""

    value: str | None
    met: int


Candidates = Mapping[SubjectKey, Sequence[Candidate]]
FoundCall = Mapping[SubjectKey, Candidate]
"""A call: what its subjects are."""


def find(formula: Formula, candidates: Candidates) -> FoundCall | None:
    """The first call that makes the formula true; None if none does.

    Where each subject's candidates have every combination of comparisons that any value has, None
    is a proof. Raises TooManyCombinations.
    """
    return _Search(formula, candidates).run()


class _Search:
    """Subjects get their values one after the other, until the formula is decided."""

    def __init__(self, formula: Formula, candidates: Candidates) -> None:
        self._formula, self._candidates = formula, candidates
        self._order = tuple(candidates)
        self._steps = 0

    def run(self) -> FoundCall | None:
        return self._from(0, {}, {})

    def _from(
        self, at: int, met: dict[SubjectKey, int], call: dict[SubjectKey, Candidate]
    ) -> FoundCall | None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooManyCombinations
        value = known(self._formula, met)
        if value is False:
            return None
        if at == len(self._order):
            return dict(call) if value else None
        subject = self._order[at]
        for each in self._candidates[subject]:
            met[subject], call[subject] = each.met, each
            if (found_call := self._from(at + 1, met, call)) is not None:
                return found_call
        met.pop(subject, None)
        call.pop(subject, None)
        return None
