"""The names that views hold of a kind without asking, kept true at the cost of a change.

An eager side holds names of every host in scope. They are kept host by host, each on the facts
that it follows from, so that a service that comes, changes or goes is looked at alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from immutables import Map

from gossamer.compile.engine.compiled import WildcardPart
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View
from gossamer.compile.engine.wildcard_names import (
    by_host,
    host_wildcard_names,
    shared_wildcard_names,
)
from gossamer.compile.routes.configurations import hosts_in
from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.model.mesh import Mesh
from gossamer.plane.resources.index import Index

APART = ""
"""The part of the wildcard names that follows from no single host."""


class WildcardId(NamedTuple):
    """Whose names, and of what."""

    kind: ResourceType
    view: View


class ContributedNames(NamedTuple):
    """The names that one host adds to the wildcard names."""

    wildcard: WildcardId
    host: str


class WildcardNames(Collection[str]):
    """The names of one view. A change makes a new one that shares what did not change."""

    def __init__(
        self, parts: Map[str, tuple[str, ...]] | None = None, counts: Map[str, int] | None = None
    ) -> None:
        self._parts: Map[str, tuple[str, ...]] = Map() if parts is None else parts
        self._counts: Map[str, int] = Map() if counts is None else counts

    def __contains__(self, name: object) -> bool:
        return name in self._counts

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self._counts)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names, by host."""
        parts = self._parts
        return tuple(dict.fromkeys(name for host in sorted(parts) for name in parts[host]))

    @cached_property
    def whole(self) -> frozenset[str]:
        """All names, as a set that many can follow."""
        return frozenset(self._counts)

    def part(self, host: str) -> tuple[str, ...]:
        """The names that a host adds."""
        return self._parts.get(host, ())

    def replaced(self, parts: Mapping[str, tuple[str, ...]]) -> WildcardNames:
        """The wildcard names with these parts in place of those that these hosts had."""
        own, counts, change = self._parts.mutate(), self._counts.mutate(), Counter[str]()
        for host, names in parts.items():
            change.update(names)
            change.subtract(self.part(host))
            if names:
                own[host] = names
            else:
                own.pop(host, None)
        for name, by in change.items():
            left = counts.get(name, 0) + by
            if left:
                counts[name] = left
            else:
                counts.pop(name, None)
        return WildcardNames(own.finish(), counts.finish())


@dataclass(frozen=True, slots=True)
class ProxyWildcard(Collection[str]):
    """All that a proxy holds of a kind: the wildcard names of its sides, all distinct."""

    sides: tuple[WildcardNames, ...] = ()

    def __contains__(self, name: object) -> bool:
        return any(name in side for side in self.sides)

    def __iter__(self) -> Iterator[str]:
        return (name for side in self.sides for name in side.names)

    def __len__(self) -> int:
        return sum(len(side) for side in self.sides)


class WildcardIndex:
    """The wildcard names in use."""

    def __init__(self) -> None:
        self._wildcards: dict[WildcardId, WildcardNames] = {}
        self._hosts: dict[WildcardId, set[str]] = {}
        self._index: Index[ContributedNames] = Index()

    def wildcard(self, mesh: Mesh, wanted: WildcardId) -> WildcardNames:
        """The wildcard names of that id, made now if it wasn't before."""
        names = self._wildcards.get(wanted)
        if names is None:
            self._hosts[wanted] = set()
            hosts = hosts_in(mesh, wanted.view.scope) if by_host(wanted.view, wanted.kind) else ()
            names = self._look(
                mesh, WildcardNames(), (ContributedNames(wanted, each) for each in (APART, *hosts))
            )
            self._wildcards[wanted] = names
        return names

    def advance(
        self, mesh: Mesh, change: Change, held: Callable[[WildcardId], bool]
    ) -> dict[WildcardId, set[str]]:
        """Look again at what a change touches: the names that joined or left, by wildcard names.

        Wildcard names that no proxy has `held` by then go.
        """
        differ: dict[WildcardId, set[str]] = {}
        for wanted, parts in self._touched(change).items():
            if not held(wanted):
                self._drop(wanted)
                continue
            before = self._wildcards[wanted]
            after = self._wildcards[wanted] = self._look(mesh, before, parts)
            names = {n for part in parts for n in (*before.part(part.host), *after.part(part.host))}
            if moved := {name for name in names if (name in before) != (name in after)}:
                differ[wanted] = moved
            else:
                self._wildcards[wanted] = before
        return differ

    def _drop(self, wanted: WildcardId) -> None:
        del self._wildcards[wanted]
        for host in self._hosts.pop(wanted):
            self._index.drop(ContributedNames(wanted, host))

    def _touched(self, change: Change) -> dict[WildcardId, list[ContributedNames]]:
        """Parts that rest on what changed, and those of hosts that may be new."""
        hosts = {key.name for key in change if key.table == tables.SERVICES.name}
        eager = [each for each in self._wildcards if by_host(each.view, each.kind)]
        parts = self._index.touched(change) | {
            ContributedNames(r, host) for r in eager for host in hosts
        }
        touched: dict[WildcardId, list[ContributedNames]] = {}
        for part in sorted(parts, key=lambda part: part.host):
            touched.setdefault(part.wildcard, []).append(part)
        return touched

    def _look(
        self, mesh: Mesh, wildcard: WildcardNames, parts: Iterable[ContributedNames]
    ) -> WildcardNames:
        names_by_host: dict[str, tuple[str, ...]] = {}
        for part in parts:
            held = _held(mesh, part)
            names_by_host[part.host] = held.names if held else ()
            if held is None:
                self._index.drop(part)
                self._hosts[part.wildcard].discard(part.host)
            else:
                self._index.rest(part, held.reads)
                self._hosts[part.wildcard].add(part.host)
        return wildcard.replaced(names_by_host)


def _held(mesh: Mesh, part: ContributedNames) -> WildcardPart | None:
    """What a part holds, None where there is no such host any more."""
    (kind, view), host = part
    if host == APART or not by_host(view, kind):
        return shared_wildcard_names(mesh, view, kind)
    return host_wildcard_names(mesh, view, kind, host)
