"""What one proxy watches in one view cache: names alone, and sets it follows with others."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.plane.resources.view_cache import Callback, ViewCache
from gossamer.xds.events import EVERYTHING


class Watch:
    """What a proxy watches in a view cache."""

    __slots__ = ("_callback", "_followed", "_watched", "cache")

    def __init__(self, cache: ViewCache, callback: Callback) -> None:
        self.cache = cache
        cache.watches += 1
        self._callback = callback
        self._watched: dict[str, None] = {}
        self._followed: list[frozenset[str]] = []

    def watch(self, name: str) -> None:
        """Callback of that name, unless it is among those followed."""
        if name not in self._watched and not any(name in names for names in self._followed):
            self._watched[name] = None
            self.cache.watch(name, self._callback)

    def follow(self, names: frozenset[str]) -> None:
        """Callback of all these."""
        if names not in self._followed:
            self._followed.append(names)
            self.cache.follow(names, self._callback)

    def names(self) -> Iterator[str]:
        """Every name of interest."""
        yield from (name for name in self._watched if name != EVERYTHING)
        for names in self._followed:
            yield from names

    def end(self) -> list[str]:
        """Callback no more; the names that may have no user now, the first asked for first."""
        self.cache.watches -= 1
        left = list(self._watched)
        for name in self._watched:
            self.cache.unwatch(name, self._callback)
        for names in self._followed:
            self.cache.unfollow(names, self._callback)
            left += names if names not in self.cache.followers else ()
        self._watched, self._followed = {}, []
        return left
