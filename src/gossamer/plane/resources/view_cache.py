"""The compiled resources of one kind under one view, and who wants to hear of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View
from gossamer.xds.frame import Resource
from gossamer.xds.stream.batch import Batch

BATCHES_AT_MOST = 8
LEFT_AT_MOST = 1000
"""Entries kept of those that are no longer wanted. Who comes back should find what it used, which
is seldom more; names that callers invented must not outlive them without bound."""


class EntryId(NamedTuple):
    """One resource under one view; the name `*` means the names that the view holds as wildcard."""

    kind: ResourceType
    view: View
    name: str


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A compiled resource and its ready frame; no frame where there is nothing by that name."""

    compiled: Compiled
    frame: Resource | None


Callback = Callable[[EntryId], None]
K = TypeVar("K")


class ViewCache:
    """Entries by name. Who wants one name watches it; who wants the same many, follows them.

    `interests` counts the proxies that keep hold of it, `followers` go by the set of names that
    they share, `batches` by the set that was joined. `left` are names that had no user when last
    looked at, the longest so first.
    """

    __slots__ = ("batches", "entries", "followers", "kind", "left", "view", "watchers", "watches")

    def __init__(self, kind: ResourceType, view: View) -> None:
        self.kind = kind
        self.view = view
        self.watches = 0
        self.entries: dict[str, CacheEntry] = {}
        self.watchers: dict[str, set[Callback]] = {}
        self.followers: dict[frozenset[str], set[Callback]] = {}
        self.batches: dict[frozenset[str], tuple[Batch, tuple[str, ...]]] = {}
        self.left: dict[str, None] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is here and nobody looks."""
        return not (self.watches or self.entries or self.watchers or self.followers)

    def watch(self, name: str, callback: Callback) -> None:
        """Have `hear` called whenever that entry's bytes change, appear or vanish."""
        self.watchers.setdefault(name, set()).add(callback)

    def unwatch(self, name: str, callback: Callback) -> None:
        """Stop telling of one name."""
        _leave(self.watchers, name, callback)

    def follow(self, names: frozenset[str], callback: Callback) -> None:
        """Watch many names, which others watch as well."""
        self.followers.setdefault(names, set()).add(callback)

    def unfollow(self, names: frozenset[str], callback: Callback) -> None:
        """Stop telling of them."""
        _leave(self.followers, names, callback)

    def wanted(self, name: str) -> bool:
        """Whether anybody wants to hear of that entry."""
        return name in self.watchers or any(name in names for names in self.followers)

    def callbacks(self, name: str) -> Iterator[Callback]:
        """Who watches that entry; whoever watches and follows is notified twice."""
        yield from tuple(self.watchers.get(name, ()))
        for names, following in tuple(self.followers.items()):
            if name in names:
                yield from tuple(following)

    def keep_batch(self, names: frozenset[str], batch: tuple[Batch, tuple[str, ...]]) -> None:
        """Remember a batch until an entry changes; of too many, the oldest goes."""
        if len(self.batches) >= BATCHES_AT_MOST:
            del self.batches[next(iter(self.batches))]
        self.batches[names] = batch

    def leave(self, names: Iterable[str]) -> list[str]:
        """Note names that somebody wants no more; those that are too many to keep, if unwanted."""
        for name in names:
            self.left.pop(name, None)
            if name in self.entries and not self.wanted(name):
                self.left[name] = None
        excess = list(self.left)[: max(0, len(self.left) - LEFT_AT_MOST)]
        for name in excess:
            del self.left[name]
        return [name for name in excess if name in self.entries and not self.wanted(name)]

    def lose(self, name: str) -> None:
        """Keep an entry no more, nor what was joined with it."""
        del self.entries[name]
        for names in [names for names in self.batches if name in names]:
            del self.batches[names]


def _leave(callbacks: dict[K, set[Callback]], key: K, callback: Callback) -> None:
    left = callbacks.get(key, set())
    left.discard(callback)
    if not left:
        callbacks.pop(key, None)
