"""What one connected proxy stands to receive: its views, the names it holds, and their changes.

Nothing is kept here by name that can be kept for many proxies at once: names held as
wildcard, and many names asked for at once, are sets that all proxies with an equal view follow
together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View, Views, made_eager, views_of
from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.plane.resources.catalog import Catalog
from gossamer.plane.resources.index import Index
from gossamer.plane.resources.view_cache import EntryId, ViewCache
from gossamer.plane.resources.watch import Watch
from gossamer.plane.resources.wildcard_index import ProxyWildcard
from gossamer.plane.streams.undeclared import Undeclared
from gossamer.xds.events import EVERYTHING
from gossamer.xds.frame import Resource
from gossamer.xds.stream.batch import BATCH_AT_LEAST, Batch

Notify = Callable[[ResourceType, tuple[str, ...]], None]


class ProxySubscription:
    """One proxy's side of the catalog.

    `tell(kind, names)` is called with names whose resource changed, came or went; the name `*`
    says that what is held as wildcard changed. `eager`: whether it gets all hosts as wildcard
    whatever its pod says, because it asked for too many that no object declares.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: Index[ProxySubscription],
        pod: str,
        tell: Notify,
        eager: bool = False,
    ) -> None:
        self.pod = pod
        self.eager = eager
        self.undeclared = Undeclared()
        self._catalog = catalog
        self._index = index
        self._tell = tell
        self._callback = self._changed
        self._watches: dict[tuple[ResourceType, View], Watch] = {}
        self._held: dict[ResourceType, ProxyWildcard] = {}
        self._views = self._look()

    def get(self, kind: ResourceType, name: str) -> Resource | None:
        """The resource of that name as this proxy gets it; from now on its changes are sent."""
        watch = self._watch(kind, name)
        if watch is None:
            return None
        entry = self._catalog.on(watch.cache, name)
        if not self.undeclared.admit(name, entry.compiled.undeclared):
            self._catalog.leave(watch.cache, (name,))
            return None
        watch.watch(name)
        return entry.frame

    def held(self, kind: ResourceType) -> Collection[str]:
        """The names that this proxy holds of a kind without asking."""
        if self._views is None:
            return ()
        wildcards = []
        for view in self._views.sides():
            self._at(kind, view).watch(EVERYTHING)
            wildcards.append(self._catalog.wildcard(kind, view))
        self._held[kind] = ProxyWildcard(tuple(wildcards))
        return self._held[kind]

    def batch(
        self, kind: ResourceType, names: tuple[str, ...]
    ) -> tuple[Batch, tuple[str, ...]] | None:
        """As many of these names as other proxies get in the very same way, and the rest."""
        watch = self._watch(kind, "")
        if watch is None:
            return None
        shared, rest = self._shared(kind, names)
        if len(shared) < BATCH_AT_LEAST:
            return None
        batch, lacking = self._catalog.batch(watch.cache, shared)
        watch.follow(batch.names)
        return batch, (*rest, *lacking)

    def bound(self) -> bool:
        """Give a proxy that asks for too many undeclared hosts all others as wildcard; whether it
        was done now. Not while an answer is composed."""
        if self.eager or not self.undeclared.too_many:
            return False
        self.eager = True
        self.refresh()
        return True

    def refresh(self) -> None:
        """Look again after what this proxy's views rest on was touched, and tell what differs."""
        before, self._views = self._views, self._look()
        if before == self._views:
            return
        versions = {(kind, name): self._version(before, kind, name) for kind, name in self._all()}
        self._end_interests()
        for kind, wildcards in tuple(self._held.items()):
            self.held(kind)
            if self._held[kind] != wildcards:
                self._tell(kind, (EVERYTHING,))
        for (kind, name), version in versions.items():
            self._watch_in(kind, name)
            if self._version(self._views, kind, name) != version:
                self._tell(kind, (name,))

    def close(self) -> None:
        """The proxy went away."""
        self._end_interests()
        self._index.drop(self)

    def names(self) -> Mapping[ResourceType, tuple[str, ...]]:
        """What this proxy holds, by kind; what its relay gets besides is not part of it."""
        by_kind: dict[ResourceType, set[str]] = {}
        for kind, name in self._all():
            if kind is ResourceType.VIEWS:
                continue
            by_kind.setdefault(kind, set()).add(name)
        return {
            kind: tuple(sorted(by_kind[kind]))
            for kind in sorted(by_kind, key=lambda each: each.value)
        }

    def entry_of(self, kind: ResourceType, name: str) -> EntryId | None:
        """The entry behind a name that it holds."""
        return EntryId(kind, self._views.of(kind, name), name) if self._views else None

    def _end_interests(self) -> None:
        """Hear of nothing more. Callers choose the names of hosts, so those are not kept for all
        time; other names are the mesh's own."""
        for watch in self._watches.values():
            left = watch.end()
            if watch.cache.kind is ResourceType.VIRTUAL_HOST:
                held = self._held.get(ResourceType.VIRTUAL_HOST, ())
                self._catalog.leave(watch.cache, (name for name in left if name not in held))
        self._watches.clear()

    def _shared(
        self, kind: ResourceType, names: tuple[str, ...]
    ) -> tuple[frozenset[str], Iterable[str]]:
        """Those names that go joined. Of what is held as wildcard, the longest wildcard names."""
        held = self._held.get(kind, ProxyWildcard())
        longest = max(held.sides, key=len, default=None)
        if longest is not None and len(longest) >= BATCH_AT_LEAST:
            return longest.whole, [name for name in names if name not in longest.whole]
        return frozenset(names), ()

    def _all(self) -> Iterator[tuple[ResourceType, str]]:
        for watch in self._watches.values():
            yield from ((watch.cache.kind, name) for name in watch.names())

    def _look(self) -> Views | None:
        read = TrackedLookup(self._catalog.mesh)
        pod = read.lookup(tables.PODS, self.pod)
        views = views_of(read, pod) if pod else None
        self._rest(read.reads)
        return made_eager(views) if views and self.eager else views

    def _rest(self, on: Change) -> None:
        self._index.rest(self, on)

    def _watch(self, kind: ResourceType, name: str) -> Watch | None:
        return self._at(kind, self._views.of(kind, name)) if self._views else None

    def _watch_in(self, kind: ResourceType, name: str) -> None:
        if watch := self._watch(kind, name):
            watch.watch(name)

    def _at(self, kind: ResourceType, view: View) -> Watch:
        watch = self._watches.get((kind, view))
        if watch is None:
            cache: ViewCache = self._catalog.cache(kind, view)
            watch = self._watches[kind, view] = Watch(cache, self._callback)
        return watch

    def _version(self, views: Views | None, kind: ResourceType, name: str) -> str:
        if views is None:
            return ""
        return self._catalog.entry(EntryId(kind, views.of(kind, name), name)).compiled.version

    def _changed(self, wanted: EntryId) -> None:
        self._tell(wanted.kind, (wanted.name,))
