"""Every resource that somebody holds, compiled once for each view and again only when touched.

An entry rests on the cells that compiling it read. A change finds the entries on its cells,
recompiles those that are watched, and tells the watchers of what came out different.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gossamer.compile.compiled import Compiled
from gossamer.compile.compiler import compile_resource
from gossamer.compile.kinds import Kind
from gossamer.compile.views import View
from gossamer.model.change import Change
from gossamer.model.mesh import Mesh
from gossamer.plane.index import Index
from gossamer.xds.frame import Resource, frame_resource


class EntryId(NamedTuple):
    """One resource under one view."""

    kind: Kind
    view: View
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A compiled resource and its ready frame; no frame where there is nothing by that name."""

    compiled: Compiled
    frame: Resource | None


class Catalog:
    """The compiled resources of one mesh at a time."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._entries: dict[EntryId, Entry] = {}
        self._watchers: dict[EntryId, set[Callable[[EntryId], None]]] = {}
        self._index: Index[EntryId] = Index()

    def entry(self, wanted: EntryId) -> Entry:
        """The entry, compiled now if it wasn't before."""
        found = self._entries.get(wanted)
        if found is None:
            found = self._compile(wanted)
        return found

    def watch(self, wanted: EntryId, tell: Callable[[EntryId], None]) -> None:
        """Have `tell` called with the entry's id whenever its bytes change, appear or vanish."""
        self._watchers.setdefault(wanted, set()).add(tell)

    def unwatch(self, wanted: EntryId, tell: Callable[[EntryId], None]) -> None:
        """Stop telling; an entry that nobody watches goes with the next change that touches it."""
        watching = self._watchers.get(wanted, set())
        watching.discard(tell)
        if not watching:
            self._watchers.pop(wanted, None)

    def advance(self, mesh: Mesh, change: Change) -> int:
        """Move on to the next mesh and tell watchers; how many entries came out different."""
        self.mesh = mesh
        changed = [e for e in self._index.touched(change) if self._refresh(e)]
        for wanted in changed:
            for tell in tuple(self._watchers.get(wanted, ())):
                tell(wanted)
        return len(changed)

    def size(self) -> int:
        """How many entries are kept."""
        return len(self._entries)

    def _refresh(self, wanted: EntryId) -> bool:
        before = self._entries.pop(wanted)
        if wanted not in self._watchers:
            self._index.drop(wanted)
            return False
        return self._compile(wanted).compiled.version != before.compiled.version

    def _compile(self, wanted: EntryId) -> Entry:
        compiled = compile_resource(self.mesh, wanted.view, wanted.kind, wanted.name)
        made = Entry(compiled, _frame(wanted, compiled))
        self._entries[wanted] = made
        self._index.rest(wanted, compiled.reads)
        return made


def _frame(wanted: EntryId, compiled: Compiled) -> Resource | None:
    if compiled.body is None:
        return None
    aliases = (wanted.name,) if wanted.kind is Kind.VIRTUAL_HOST else ()
    needs = tuple((kind.value, name) for kind, name in compiled.needs)
    return frame_resource(
        wanted.kind.value, wanted.name, compiled.version, compiled.body, aliases, needs
    )
