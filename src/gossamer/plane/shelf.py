"""The compiled resources of one kind under one view, and who wants to hear of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from gossamer.compile.compiled import Compiled
from gossamer.compile.kinds import Kind
from gossamer.compile.views import View
from gossamer.xds.batch import Batch
from gossamer.xds.frame import Resource

BATCHES_AT_MOST = 8


class EntryId(NamedTuple):
    """One resource under one view; the name `*` means the names that the view holds unasked."""

    kind: Kind
    view: View
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A compiled resource and its ready frame; no frame where there is nothing by that name."""

    compiled: Compiled
    frame: Resource | None


Hear = Callable[[EntryId], None]
K = TypeVar("K")


class Shelf:
    """Entries by name. Who wants one name watches it; who wants the same many, follows them.

    `interests` counts the proxies that keep hold of it, `followers` go by the set of names that
    they share, `batches` by the set that was joined.
    """

    __slots__ = ("batches", "entries", "followers", "interests", "kind", "view", "watchers")

    def __init__(self, kind: Kind, view: View) -> None:
        self.kind = kind
        self.view = view
        self.interests = 0
        self.entries: dict[str, Entry] = {}
        self.watchers: dict[str, set[Hear]] = {}
        self.followers: dict[frozenset[str], set[Hear]] = {}
        self.batches: dict[frozenset[str], tuple[Batch, tuple[str, ...]]] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is here and nobody looks."""
        return not (self.interests or self.entries or self.watchers or self.followers)

    def watch(self, name: str, hear: Hear) -> None:
        """Have `hear` called whenever that entry's bytes change, appear or vanish."""
        self.watchers.setdefault(name, set()).add(hear)

    def unwatch(self, name: str, hear: Hear) -> None:
        """Stop telling of one name."""
        _leave(self.watchers, name, hear)

    def follow(self, names: frozenset[str], hear: Hear) -> None:
        """Watch many names, which others watch as well."""
        self.followers.setdefault(names, set()).add(hear)

    def unfollow(self, names: frozenset[str], hear: Hear) -> None:
        """Stop telling of them."""
        _leave(self.followers, names, hear)

    def wanted(self, name: str) -> bool:
        """Whether anybody wants to hear of that entry."""
        return name in self.watchers or any(name in names for names in self.followers)

    def hearers(self, name: str) -> Iterator[Hear]:
        """Who wants to hear of that entry; whoever watches and follows hears it twice."""
        yield from tuple(self.watchers.get(name, ()))
        for names, following in tuple(self.followers.items()):
            if name in names:
                yield from tuple(following)

    def keep_batch(self, names: frozenset[str], made: tuple[Batch, tuple[str, ...]]) -> None:
        """Remember a batch until an entry changes; of too many, the oldest goes."""
        if len(self.batches) >= BATCHES_AT_MOST:
            del self.batches[next(iter(self.batches))]
        self.batches[names] = made


def _leave(hearers: dict[K, set[Hear]], key: K, hear: Hear) -> None:
    left = hearers.get(key, set())
    left.discard(hear)
    if not left:
        hearers.pop(key, None)
