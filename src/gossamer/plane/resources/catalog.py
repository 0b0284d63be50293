"""Every resource that a proxy holds, compiled once for each view and again only when touched.

An entry rests on the facts that compiling it read. A change finds the entries on its facts,
recompiles those that are wanted, and tells of what came out different. What a view holds as
wildcard is a `WildcardNames` (wildcard_index.py); who watches the name `*` is notified of each
name that joins or leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View
from gossamer.model.assembly.change import Change
from gossamer.model.mesh import Mesh
from gossamer.plane.resources.index import Index
from gossamer.plane.resources.view_cache import CacheEntry, Callback, EntryId, ViewCache
from gossamer.plane.resources.wildcard_index import WildcardId, WildcardIndex, WildcardNames
from gossamer.xds.events import EVERYTHING
from gossamer.xds.frame import Resource, frame_resource
from gossamer.xds.stream.batch import Batch, batch_of

__all__ = ["Catalog", "EntryId"]


class Catalog:
    """The compiled resources of one mesh at a time."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._caches: dict[tuple[ResourceType, View], ViewCache] = {}
        self._wildcards = WildcardIndex()
        self._index: Index[EntryId] = Index()

    def cache(self, kind: ResourceType, view: View) -> ViewCache:
        """The view cache of a kind under a view."""
        cache = self._caches.get((kind, view))
        if cache is None:
            cache = self._caches[kind, view] = ViewCache(kind, view)
        return cache

    def on(self, cache: ViewCache, name: str) -> CacheEntry:
        """The entry of that name in a view cache, compiled now if it wasn't before."""
        return cache.entries.get(name) or self._compile(cache, name)

    def entry(self, wanted: EntryId) -> CacheEntry:
        """The entry of that id."""
        return self.on(self.cache(wanted.kind, wanted.view), wanted.name)

    def watch(self, wanted: EntryId, callback: Callback) -> None:
        """Have `hear` called with the entry's id whenever its bytes change, appear or vanish."""
        self.cache(wanted.kind, wanted.view).watch(wanted.name, callback)

    def unwatch(self, wanted: EntryId, callback: Callback) -> None:
        """Stop notifying;  an entry that is no longer wanted goes with the next change that
        touches it."""
        self.cache(wanted.kind, wanted.view).unwatch(wanted.name, callback)

    def leave(self, cache: ViewCache, names: Iterable[str]) -> None:
        """A proxy wants these no more; of those no longer wanted, the ones asked for last are
        kept."""
        for name in cache.leave(names):
            cache.lose(name)
            self._index.drop(EntryId(cache.kind, cache.view, name))

    def wildcard(self, kind: ResourceType, view: View) -> WildcardNames:
        """What the view holds of that kind without asking."""
        return self._wildcards.wildcard(self.mesh, WildcardId(kind, view))

    def batch(self, cache: ViewCache, names: frozenset[str]) -> tuple[Batch, tuple[str, ...]]:
        """The resources of these names in order of name, joined; and the names that go alone:
        those without any, and undeclared ones, which are counted one by one."""
        kept = cache.batches.get(names)
        if kept is None:
            frames = {name: _joined(self.on(cache, name)) for name in sorted(names)}
            there = (frame for frame in frames.values() if frame is not None)
            kept = batch_of(there), tuple(name for name, frame in frames.items() if frame is None)
            cache.keep_batch(names, kept)
        return kept

    def advance(self, mesh: Mesh, change: Change) -> int:
        """Move on to the next mesh and tell of it; how many resources and wildcard names differ."""
        self.mesh = mesh
        changed = [e for e in self._index.touched(change) if self._refresh(e)]
        moved = self._wildcards.advance(mesh, change, self._held)
        for wanted in changed:
            for callback in self.cache(wanted.kind, wanted.view).callbacks(wanted.name):
                callback(wanted)
        for wildcard, names in moved.items():
            self._tell_of(wildcard, names)
        return len(changed) + len(moved)

    def _held(self, wildcard: WildcardId) -> bool:
        cache = self._caches.get(wildcard)
        return cache is not None and cache.wanted(EVERYTHING)

    def _tell_of(self, wildcard: WildcardId, names: Iterable[str]) -> None:
        """Names joined the wildcard names or left them."""
        callbacks = tuple(self.cache(*wildcard).callbacks(EVERYTHING))
        for name in sorted(names):
            for callback in callbacks:
                callback(EntryId(*wildcard, name))

    def size(self) -> int:
        """How many entries are kept."""
        return sum(len(cache.entries) for cache in self._caches.values())

    def _refresh(self, wanted: EntryId) -> bool:
        cache = self.cache(wanted.kind, wanted.view)
        before = cache.entries.pop(wanted.name)
        cache.batches.clear()
        if not cache.wanted(wanted.name):
            self._index.drop(wanted)
            if cache.idle:
                self._caches.pop((wanted.kind, wanted.view), None)
            return False
        return self._compile(cache, wanted.name).compiled.version != before.compiled.version

    def _compile(self, cache: ViewCache, name: str) -> CacheEntry:
        wanted = EntryId(cache.kind, cache.view, name)
        compiled = compile_resource(self.mesh, cache.view, cache.kind, name)
        frame = _frame(wanted, compiled.version, compiled.body, compiled.needs)
        entry = CacheEntry(compiled, frame)
        cache.entries[name] = entry
        self._index.rest(wanted, compiled.reads)
        return entry


def _joined(entry: CacheEntry) -> Resource | None:
    return None if entry.compiled.undeclared else entry.frame


def _frame(
    wanted: EntryId, version: str, body: bytes | None, needs: Iterable[tuple[ResourceType, str]]
) -> Resource | None:
    if body is None:
        return None
    aliases = (wanted.name,) if wanted.kind is ResourceType.VIRTUAL_HOST else ()
    named = tuple((kind.value, name) for kind, name in needs)
    return frame_resource(wanted.kind.value, wanted.name, version, body, aliases, named)
