"""What one connected proxy stands to receive: its views, the names it holds, and their changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from gossamer.compile.held import held
from gossamer.compile.kinds import Kind
from gossamer.compile.reads import Reader
from gossamer.compile.views import View, digest, view_of
from gossamer.model import tables
from gossamer.model.change import Change
from gossamer.model.pod import Pod
from gossamer.plane.catalog import Catalog, EntryId
from gossamer.plane.index import Index
from gossamer.xds.frame import Resource

Tell = Callable[[Kind, tuple[str, ...]], None]
EVERYTHING = "*"
SHARED = (Kind.CLUSTER, Kind.ENDPOINTS, Kind.VIRTUAL_HOST, Kind.SECRET)


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
        self._entries: dict[tuple[Kind, str], EntryId | None] = {}
        self._held: dict[Kind, tuple[str, ...]] = {}
        self._rests_on: Change = frozenset()

    def get(self, kind: Kind, name: str) -> Resource | None:
        """The resource of that name as this proxy gets it; from now on its changes are told."""
        self._place(kind, name)
        wanted = self._entries[kind, name]
        return self._catalog.entry(wanted).frame if wanted else None

    def held(self, kind: Kind) -> Collection[str]:
        """The names that this proxy holds of a kind without asking."""
        self._held[kind] = names = self._hold(kind)
        return names

    def views(self) -> Mapping[str, str]:
        """Digests by type URL: equal ones mean equal resources for equal names that are asked."""
        pod = self._observed()
        if pod is None:
            return {}
        return {kind.value: digest(view_of(self._reader(), pod, kind, "")) for kind in SHARED}

    def refresh(self) -> None:
        """Look again after what this proxy's views rest on was touched, and tell what differs."""
        self._rests_on = frozenset()
        for kind in self._held:
            if self._hold(kind) != self._held[kind]:
                self._tell(kind, (EVERYTHING,))
        for (kind, name), before in tuple(self._entries.items()):
            self._place(kind, name)
            now = self._entries[kind, name]
            if now != before and self._version(now) != self._version(before):
                self._tell(kind, (name,))

    def close(self) -> None:
        """The proxy went away."""
        for wanted in filter(None, self._entries.values()):
            self._catalog.unwatch(wanted, self._changed)
        self._entries.clear()
        self._index.drop(self)

    def names(self) -> Mapping[Kind, tuple[str, ...]]:
        """What this proxy holds, by kind."""
        found: dict[Kind, list[str]] = {}
        for kind, name in sorted(self._entries, key=lambda pair: (pair[0].value, pair[1])):
            found.setdefault(kind, []).append(name)
        return {kind: tuple(names) for kind, names in found.items()}

    def entry_of(self, kind: Kind, name: str) -> EntryId | None:
        """The entry behind a name that it holds."""
        return self._entries.get((kind, name))

    def _place(self, kind: Kind, name: str) -> None:
        pod = self._observed()
        before = self._entries.get((kind, name))
        now = EntryId(kind, self._noted(pod, kind, name), name) if pod else None
        if before != now:
            if before is not None:
                self._catalog.unwatch(before, self._changed)
            if now is not None:
                self._catalog.watch(now, self._changed)
        self._entries[kind, name] = now

    def _noted(self, pod: Pod, kind: Kind, name: str) -> View:
        reader = self._reader()
        view = view_of(reader, pod, kind, name)
        self._rest(reader.reads)
        return view

    def _hold(self, kind: Kind) -> tuple[str, ...]:
        pod = self._observed()
        if pod is None:
            return ()
        found = held(self._catalog.mesh, pod, kind)
        self._rest(found.reads)
        return found.names

    def _observed(self) -> Pod | None:
        self._rest(frozenset({tables.PODS.key(self.pod)}))
        return self._catalog.mesh.lookup(tables.PODS, self.pod)

    def _rest(self, on: Change) -> None:
        if not on <= self._rests_on:
            self._rests_on |= on
            self._index.rest(self, self._rests_on)

    def _reader(self) -> Reader:
        return Reader(self._catalog.mesh)

    def _version(self, wanted: EntryId | None) -> str:
        return self._catalog.entry(wanted).compiled.version if wanted else ""

    def _changed(self, wanted: EntryId) -> None:
        self._tell(wanted.kind, (wanted.name,))
