"""Policies: values that routes, destinations, gateways and workloads carry, one file a feature.

A carrier holds `Policies`, looked up by type, so that a new feature widens nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

P = TypeVar("P")


class Policy(Protocol):
    """A value of one file of this folder. WORD is its public name: the file's, in `explain`, in
    tests/features and in docs/features."""

    WORD: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Policies:
    """At most one value of each policy type, in the order of the types' names."""

    values: tuple[Any, ...] = ()

    def get(self, kind: type[P]) -> P | None:
        """The value of that type, or None."""
        return next((value for value in self.values if type(value) is kind), None)

    def over(self, weaker: Policies) -> Policies:
        """These, and of the weaker ones those whose type is not among these."""
        mine = {type(value) for value in self.values}
        return policies(*self.values, *(v for v in weaker.values if type(v) not in mine))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


def policies(*values: Any) -> Policies:
    """Policies of those values, ordered so that equal sets are equal values."""
    return Policies(tuple(sorted(values, key=lambda value: type(value).__name__)))


NO_POLICIES = Policies()
