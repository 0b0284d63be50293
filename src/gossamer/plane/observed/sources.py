"""Sources of observed facts: what each said last, how old that is, how long it is good for.

Whatever is observed, pods or trust roots, enters the mesh here. A source observes one table and
replaces all of its facts at once. When its lease expires its last known good facts stay in effect
(a dead watcher stops nothing), and its age shows. Pure: the time is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

from gossamer.model.ids import Table
from gossamer.model.observed import Observed

T = TypeVar("T")

NO_EXPIRY = inf
"""The lease of a source that speaks when something changes, and need not in between."""


class BadObservation(ValueError):
    """An observation that cannot be taken; the source's previous observation stays in effect."""


@dataclass(frozen=True, slots=True)
class Observation(Generic[T]):
    """A source's latest facts by name, when they came, how many seconds they are good for."""

    table: Table[T]
    facts: Mapping[str, T]
    at: float
    lease_s: float = NO_EXPIRY

    def stale(self, now: float) -> bool:
        """Whether the source should have spoken again by now."""
        return now > self.at + self.lease_s


class Sources:
    """The latest observation of every source."""

    def __init__(self) -> None:
        self.latest: dict[str, Observation[Any]] = {}

    def observe(self, source: str, observation: Observation[Any]) -> Observed:
        """Replace a source's facts; those that came, changed or went (None) because of it.

        Raises BadObservation if the source observes another table.
        """
        changed = self.change(source, observation.table, observation.facts)
        self.latest[source] = observation
        return changed

    def drop(self, source: str) -> Observed:
        """Forget a source; its facts are gone (None)."""
        known = self.latest.pop(source, None)
        return {known.table.key(name): None for name in known.facts} if known else {}

    def change(self, source: str, table: Table[T], facts: Mapping[str, T]) -> Observed:
        """What would come, change or go (None) if these were a source's facts."""
        former = self.facts(source, table)
        gone = dict.fromkeys(former.keys() - facts.keys())
        new = {name: fact for name, fact in facts.items() if former.get(name) != fact}
        return {table.key(name): fact for name, fact in (gone | new).items()}

    def facts(self, source: str, table: Table[T]) -> Mapping[str, T]:
        """What a source said last of a table. Raises BadObservation if it observes another."""
        known = self.latest.get(source)
        if known is not None and known.table != table:
            raise BadObservation(
                f"the source {source} observes facts of the table {known.table.name}, not of "
                f"{table.name}; its previous observation stays in effect; choose another name"
            )
        return known.facts if known is not None else {}
