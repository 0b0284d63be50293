"""From facts of the mesh to what rests on them, so that the cost of a change is the change."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from gossamer.model.assembly.change import Change
from gossamer.model.ids import Key

T = TypeVar("T", bound=Hashable)


class Index(Generic[T]):
    """Which things rest on which facts."""

    def __init__(self) -> None:
        self._on: dict[Key, set[T]] = {}
        self._of: dict[T, Change] = {}

    def rest(self, what: T, on: Change) -> None:
        """Note the facts that something rests on, instead of those noted before."""
        before = self._of.get(what, frozenset())
        for key in before - on:
            self._leave(key, what)
        for key in on - before:
            self._on.setdefault(key, set()).add(what)
        self._of[what] = on

    def drop(self, what: T) -> None:
        """Forget something."""
        for key in self._of.pop(what, ()):
            self._leave(key, what)

    def touched(self, change: Change) -> set[T]:
        """What rests on any of these facts."""
        return {what for key in change for what in self._on.get(key, ())}

    def _leave(self, key: Key, what: T) -> None:
        resting = self._on[key]
        resting.discard(what)
        if not resting:
            del self._on[key]
