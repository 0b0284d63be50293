"""Yes, no, or cannot tell: the logic of conditions of which some are not known.

Kleene's: what is certain stays certain whatever the unknown parts would be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither yes nor no can be told; `why` names what would have to be known."""

    why: str

    def __bool__(self) -> bool:
        raise TypeError(f"it is not known, and must not be taken for yes or no: {self.why}")


Truth = bool | Unknown


def all_of(truths: Iterable[Truth]) -> Truth:
    """Whether every one is true: one that is false decides."""
    unknown: Unknown | None = None
    for each in truths:
        if each is False:
            return False
        if isinstance(each, Unknown):
            unknown = each if unknown is None else unknown
    return True if unknown is None else unknown


def any_of(truths: Iterable[Truth]) -> Truth:
    """Whether at least one is true: one that is true decides."""
    return negated(all_of(negated(each) for each in truths))


def negated(truth: Truth) -> Truth:
    """The contrary; of what cannot be told it cannot be told either."""
    return truth if isinstance(truth, Unknown) else not truth
