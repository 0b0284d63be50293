"""Every resource that somebody holds, compiled once for each view and again only when touched.

An entry rests on the cells that compiling it read. A change finds the entries on its cells,
recompiles those that are wanted, and tells of what came out different. What a view holds unasked
is a `Roster` (roster.py); who watches the name `*` hears of each name that joins or leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.compile.compiler import compile_resource
from gossamer.compile.kinds import Kind
from gossamer.compile.views import View
from gossamer.model.change import Change
from gossamer.model.mesh import Mesh
from gossamer.plane.index import Index
from gossamer.plane.roster import Enrolment, Roster, RosterId
from gossamer.plane.shelf import Entry, EntryId, Hear, Shelf
from gossamer.xds.batch import Batch, batch_of
from gossamer.xds.events import EVERYTHING
from gossamer.xds.frame import Resource, frame_resource

__all__ = ["Catalog", "EntryId"]


class Catalog:
    """The compiled resources of one mesh at a time."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._shelves: dict[tuple[Kind, View], Shelf] = {}
        self._enrolment = Enrolment()
        self._index: Index[EntryId] = Index()

    def shelf(self, kind: Kind, view: View) -> Shelf:
        """The shelf of a kind under a view."""
        found = self._shelves.get((kind, view))
        if found is None:
            found = self._shelves[kind, view] = Shelf(kind, view)
        return found

    def on(self, shelf: Shelf, name: str) -> Entry:
        """The entry of that name on a shelf, compiled now if it wasn't before."""
        return shelf.entries.get(name) or self._compile(shelf, name)

    def entry(self, wanted: EntryId) -> Entry:
        """The entry of that id."""
        return self.on(self.shelf(wanted.kind, wanted.view), wanted.name)

    def watch(self, wanted: EntryId, hear: Hear) -> None:
        """Have `hear` called with the entry's id whenever its bytes change, appear or vanish."""
        self.shelf(wanted.kind, wanted.view).watch(wanted.name, hear)

    def unwatch(self, wanted: EntryId, hear: Hear) -> None:
        """Stop telling; an entry that nobody wants goes with the next change that touches it."""
        self.shelf(wanted.kind, wanted.view).unwatch(wanted.name, hear)

    def leave(self, shelf: Shelf, names: Iterable[str]) -> None:
        """A proxy wants these no more; of what nobody wants, those asked for last are kept."""
        for name in shelf.leave(names):
            shelf.lose(name)
            self._index.drop(EntryId(shelf.kind, shelf.view, name))

    def roster(self, kind: Kind, view: View) -> Roster:
        """What the view holds of that kind without asking."""
        return self._enrolment.roster(self.mesh, RosterId(kind, view))

    def batch(self, shelf: Shelf, names: frozenset[str]) -> tuple[Batch, tuple[str, ...]]:
        """The resources of these names in order of name, joined, and names without any."""
        made = shelf.batches.get(names)
        if made is None:
            found = {name: self.on(shelf, name).frame for name in sorted(names)}
            there = (frame for frame in found.values() if frame is not None)
            made = batch_of(there), tuple(name for name, frame in found.items() if frame is None)
            shelf.keep_batch(names, made)
        return made

    def advance(self, mesh: Mesh, change: Change) -> int:
        """Move on to the next mesh and tell of it; how many resources and rosters differ."""
        self.mesh = mesh
        changed = [e for e in self._index.touched(change) if self._refresh(e)]
        moved = self._enrolment.advance(mesh, change, self._held)
        for wanted in changed:
            for hear in self.shelf(wanted.kind, wanted.view).hearers(wanted.name):
                hear(wanted)
        for roster, names in moved.items():
            self._tell_of(roster, names)
        return len(changed) + len(moved)

    def _held(self, roster: RosterId) -> bool:
        shelf = self._shelves.get(roster)
        return shelf is not None and shelf.wanted(EVERYTHING)

    def _tell_of(self, roster: RosterId, names: Iterable[str]) -> None:
        """Names joined a roster or left it."""
        hearers = tuple(self.shelf(*roster).hearers(EVERYTHING))
        for name in sorted(names):
            for hear in hearers:
                hear(EntryId(*roster, name))

    def size(self) -> int:
        """How many entries are kept."""
        return sum(len(shelf.entries) for shelf in self._shelves.values())

    def _refresh(self, wanted: EntryId) -> bool:
        shelf = self.shelf(wanted.kind, wanted.view)
        before = shelf.entries.pop(wanted.name)
        shelf.batches.clear()
        if not shelf.wanted(wanted.name):
            self._index.drop(wanted)
            if shelf.idle:
                self._shelves.pop((wanted.kind, wanted.view), None)
            return False
        return self._compile(shelf, wanted.name).compiled.version != before.compiled.version

    def _compile(self, shelf: Shelf, name: str) -> Entry:
        wanted = EntryId(shelf.kind, shelf.view, name)
        compiled = compile_resource(self.mesh, shelf.view, shelf.kind, name)
        frame = _frame(wanted, compiled.version, compiled.body, compiled.needs)
        made = Entry(compiled, frame)
        shelf.entries[name] = made
        self._index.rest(wanted, compiled.reads)
        return made


def _frame(
    wanted: EntryId, version: str, body: bytes | None, needs: Iterable[tuple[Kind, str]]
) -> Resource | None:
    if body is None:
        return None
    aliases = (wanted.name,) if wanted.kind is Kind.VIRTUAL_HOST else ()
    named = tuple((kind.value, name) for kind, name in needs)
    return frame_resource(wanted.kind.value, wanted.name, version, body, aliases, named)
