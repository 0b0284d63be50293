"""What one connected proxy stands to receive: its views, the names it holds, and their changes.

Nothing is kept here by name that can be kept for many proxies at once: names held unasked, and
many names asked for at once, are sets that all proxies with an equal view follow together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from gossamer.compile.kinds import Kind
from gossamer.compile.reads import Reader
from gossamer.compile.views import View, Views, views_of
from gossamer.model import tables
from gossamer.model.change import Change
from gossamer.plane.catalog import Catalog
from gossamer.plane.index import Index
from gossamer.plane.interest import Interest
from gossamer.plane.roster import Rosters
from gossamer.plane.shelf import EntryId, Shelf
from gossamer.xds.batch import BATCH_AT_LEAST, Batch
from gossamer.xds.events import EVERYTHING
from gossamer.xds.frame import Resource

Tell = Callable[[Kind, tuple[str, ...]], None]


class Standing:
    """One proxy's side of the catalog.

    `tell(kind, names)` is called with names whose resource changed, came or went; the name `*`
    says that what is held unasked changed.
    """

    def __init__(self, catalog: Catalog, index: Index[Standing], pod: str, tell: Tell) -> None:
        self.pod = pod
        self._catalog = catalog
        self._index = index
        self._tell = tell
        self._hear = self._changed
        self._interests: dict[tuple[Kind, View], Interest] = {}
        self._held: dict[Kind, Rosters] = {}
        self._views = self._look()

    def get(self, kind: Kind, name: str) -> Resource | None:
        """The resource of that name as this proxy gets it; from now on its changes are told."""
        interest = self._interest(kind, name)
        if interest is None:
            return None
        interest.watch(name)
        return self._catalog.on(interest.shelf, name).frame

    def held(self, kind: Kind) -> Collection[str]:
        """The names that this proxy holds of a kind without asking."""
        if self._views is None:
            return ()
        rosters = []
        for view in self._views.sides():
            self._at(kind, view).watch(EVERYTHING)
            rosters.append(self._catalog.roster(kind, view))
        self._held[kind] = Rosters(tuple(rosters))
        return self._held[kind]

    def batch(self, kind: Kind, names: tuple[str, ...]) -> tuple[Batch, tuple[str, ...]] | None:
        """As many of these names as other proxies get in the very same way, and the rest."""
        interest = self._interest(kind, "")
        if interest is None:
            return None
        shared, rest = self._shared(kind, names)
        if len(shared) < BATCH_AT_LEAST:
            return None
        batch, lacking = self._catalog.batch(interest.shelf, shared)
        interest.follow(shared)
        return batch, (*rest, *lacking)

    def refresh(self) -> None:
        """Look again after what this proxy's views rest on was touched, and tell what differs."""
        before, self._views = self._views, self._look()
        if before == self._views:
            return
        versions = {(kind, name): self._version(before, kind, name) for kind, name in self._all()}
        self._end_interests()
        for kind, rosters in tuple(self._held.items()):
            self.held(kind)
            if self._held[kind] != rosters:
                self._tell(kind, (EVERYTHING,))
        for (kind, name), version in versions.items():
            self._interest_in(kind, name)
            if self._version(self._views, kind, name) != version:
                self._tell(kind, (name,))

    def close(self) -> None:
        """The proxy went away."""
        self._end_interests()
        self._index.drop(self)

    def names(self) -> Mapping[Kind, tuple[str, ...]]:
        """What this proxy holds, by kind; what its relay hears besides is no part of it."""
        found: dict[Kind, set[str]] = {}
        for kind, name in self._all():
            if kind is Kind.VIEWS:
                continue
            found.setdefault(kind, set()).add(name)
        return {
            kind: tuple(sorted(found[kind])) for kind in sorted(found, key=lambda each: each.value)
        }

    def entry_of(self, kind: Kind, name: str) -> EntryId | None:
        """The entry behind a name that it holds."""
        return EntryId(kind, self._views.of(kind, name), name) if self._views else None

    def _end_interests(self) -> None:
        """Hear of nothing more. Callers choose the names of hosts, so those are not kept for all
        time; other names are the mesh's own."""
        for interest in self._interests.values():
            left = interest.end()
            if interest.shelf.kind is Kind.VIRTUAL_HOST:
                held = self._held.get(Kind.VIRTUAL_HOST, ())
                self._catalog.leave(interest.shelf, (name for name in left if name not in held))
        self._interests.clear()

    def _shared(self, kind: Kind, names: tuple[str, ...]) -> tuple[frozenset[str], Iterable[str]]:
        """Those names that go joined. Of what is held unasked, the longest roster."""
        held = self._held.get(kind, Rosters())
        longest = max(held.sides, key=len, default=None)
        if longest is not None and len(longest) >= BATCH_AT_LEAST:
            return longest.whole, [name for name in names if name not in longest.whole]
        return frozenset(names), ()

    def _all(self) -> Iterator[tuple[Kind, str]]:
        for interest in self._interests.values():
            yield from ((interest.shelf.kind, name) for name in interest.names())

    def _look(self) -> Views | None:
        read = Reader(self._catalog.mesh)
        pod = read.lookup(tables.PODS, self.pod)
        views = views_of(read, pod) if pod else None
        self._rest(read.reads)
        return views

    def _rest(self, on: Change) -> None:
        self._index.rest(self, on)

    def _interest(self, kind: Kind, name: str) -> Interest | None:
        return self._at(kind, self._views.of(kind, name)) if self._views else None

    def _interest_in(self, kind: Kind, name: str) -> None:
        if interest := self._interest(kind, name):
            interest.watch(name)

    def _at(self, kind: Kind, view: View) -> Interest:
        found = self._interests.get((kind, view))
        if found is None:
            shelf: Shelf = self._catalog.shelf(kind, view)
            found = self._interests[kind, view] = Interest(shelf, self._hear)
        return found

    def _version(self, views: Views | None, kind: Kind, name: str) -> str:
        if views is None:
            return ""
        return self._catalog.entry(EntryId(kind, views.of(kind, name), name)).compiled.version

    def _changed(self, wanted: EntryId) -> None:
        self._tell(wanted.kind, (wanted.name,))
