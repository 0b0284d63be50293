"""The mesh: an immutable snapshot. A change makes a new one that shares all that did not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from immutables import Map

from gossamer.model.assembly.change import Change
from gossamer.model.fragment import Contribution
from gossamer.model.ids import Key, Table
from gossamer.model.origin import ObjectRef

T = TypeVar("T")


class Lookup(Protocol):
    """Whatever answers for a fact: a mesh, a draft of one, or a reader that notes what it read."""

    def lookup(self, table: Table[T], name: str) -> T | None:
        """The value of that fact, None where there is none."""
        ...

    def get_key(self, key: Key) -> Any:
        """The value of a fact by its key."""
        ...


@dataclass(frozen=True, slots=True)
class Mesh:
    """All that is known, fact by fact, and the objects it came from."""

    facts: Map[Key, Any] = Map()  # noqa: RUF009 (immutable)
    contributions: Map[ObjectRef, Contribution] = Map()  # noqa: RUF009 (immutable)

    def lookup(self, table: Table[T], name: str) -> T | None:
        """The value of that fact, None where there is none."""
        return cast("T | None", self.facts.get(table.key(name)))

    def get_key(self, key: Key) -> Any:
        """The value of a fact by its key."""
        return self.facts.get(key)


class Draft:
    """The next mesh while it is being made. It lives inside `assemble` and nowhere else."""

    def __init__(self, mesh: Mesh) -> None:
        self._before = mesh.facts
        self._facts = mesh.facts.mutate()
        self._written: set[Key] = set()

    def lookup(self, table: Table[T], name: str) -> T | None:
        """The value of that fact as drafted so far."""
        return cast("T | None", self._facts.get(table.key(name)))

    def put(self, table: Table[T], name: str, value: T | None) -> None:
        """Set a fact; None empties it."""
        self.put_key(table.key(name), value)

    def put_key(self, key: Key, value: Any) -> None:
        """Set a fact by its key; None empties it."""
        self._written.add(key)
        if value is not None:
            self._facts[key] = value
        elif key in self._facts:
            del self._facts[key]

    def get_key(self, key: Key) -> Any:
        """The value of a fact by its key."""
        return self._facts.get(key)

    def finish(self, contributions: Map[ObjectRef, Contribution]) -> tuple[Mesh, Change]:
        """The new mesh, and which of the written facts really differ."""
        after = self._facts.finish()
        changed = frozenset(k for k in self._written if _differ(self._before.get(k), after.get(k)))
        return Mesh(after, contributions), changed


def _differ(before: Any, after: Any) -> bool:
    """Identity first: what was put back untouched may be a map of the whole mesh."""
    return before is not after and bool(before != after)
