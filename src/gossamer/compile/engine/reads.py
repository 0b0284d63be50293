"""Compiling notes what it reads, absences included, so that a change finds what it touches."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from gossamer.compile.engine.compiled import Need
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.assembly.change import Change
from gossamer.model.ids import Key, Table
from gossamer.model.mesh import Lookup
from gossamer.model.origin import ObjectRef

T = TypeVar("T")


class TrackedLookup:
    """A lookup that remembers: which facts were read, and which objects decided."""

    def __init__(self, mesh: Lookup) -> None:
        self._mesh = mesh
        self._reads: set[Key] = set()
        self._because: dict[ObjectRef, None] = {}
        self._needs: dict[Need, None] = {}
        self.undeclared = False

    def lookup(self, table: Table[T], name: str) -> T | None:
        """The value of that fact; the fact counts as read, even when it is empty."""
        return cast("T | None", self.get_key(table.key(name)))

    def get_key(self, key: Key) -> Any:
        """The same, by the fact's key."""
        self._reads.add(key)
        return self._mesh.get_key(key)

    def decided(self, by: ObjectRef | None) -> None:
        """Note that this object shaped the result."""
        if by is not None:
            self._because[by] = None

    def need(self, kind: ResourceType, name: str) -> None:
        """Note that this resource must be at the proxy before the one being compiled."""
        self._needs[kind, name] = None

    def found_undeclared(self) -> None:
        """Note that no object declares the name of what is compiled: callers make such names up."""
        self.undeclared = True

    @property
    def needs(self) -> tuple[Need, ...]:
        """What must be pushed before the result."""
        return tuple(self._needs)

    @property
    def reads(self) -> Change:
        """The facts read so far."""
        return frozenset(self._reads)

    @property
    def because(self) -> tuple[ObjectRef, ...]:
        """The objects that decided, in the order they did."""
        return tuple(self._because)
