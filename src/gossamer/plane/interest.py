"""One proxy's interest in one shelf: names it watches alone, and sets it follows with others."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.plane.shelf import Hear, Shelf
from gossamer.xds.events import EVERYTHING


class Interest:
    """What a proxy wants to hear of a shelf."""

    __slots__ = ("_followed", "_hear", "_watched", "shelf")

    def __init__(self, shelf: Shelf, hear: Hear) -> None:
        self.shelf = shelf
        shelf.interests += 1
        self._hear = hear
        self._watched: dict[str, None] = {}
        self._followed: list[frozenset[str]] = []

    def watch(self, name: str) -> None:
        """Hear of that name, unless it is among those followed."""
        if name not in self._watched and not any(name in names for names in self._followed):
            self._watched[name] = None
            self.shelf.watch(name, self._hear)

    def follow(self, names: frozenset[str]) -> None:
        """Hear of all these."""
        if names not in self._followed:
            self._followed.append(names)
            self.shelf.follow(names, self._hear)

    def names(self) -> Iterator[str]:
        """Every name of interest."""
        yield from (name for name in self._watched if name != EVERYTHING)
        for names in self._followed:
            yield from names

    def end(self) -> list[str]:
        """Hear no more; the names that perhaps nobody wants now, the first asked for first."""
        self.shelf.interests -= 1
        left = list(self._watched)
        for name in self._watched:
            self.shelf.unwatch(name, self._hear)
        for names in self._followed:
            self.shelf.unfollow(names, self._hear)
            left += names if names not in self.shelf.followers else ()
        self._watched, self._followed = {}, []
        return left
