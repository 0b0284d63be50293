"""Which sources of keys the mesh asks for, and the rules that ask. Pure.

Rules are looked at again where policies changed, namespace by namespace. Each namespace has so many
sources and no more, so that none takes the turns of another; where several name one source, the
most patient rule decides how long its issuer may take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.policies.workload.jwt import Jwt, KeySource

MOST_SOURCES = 100
"""Sources of one namespace that are followed, in the order of its objects."""

_MOST_PLACES = 20
"""Rules on which one source's trouble is reported."""


@dataclass(frozen=True, slots=True)
class KeyWish:
    """A source, how long its issuer may take, and the first rules that name it.

    `followed` is False where every namespace that names it has too many.
    """

    source: KeySource
    patience: timedelta
    rules: tuple[tuple[ObjectRef, str], ...]
    followed: bool = True

    @property
    def namespace(self) -> str:
        """Whose turn a fetch of it takes."""
        return self.rules[0][0].namespace

    def places(self, mesh: Mesh) -> Iterator[Origin]:
        """The rules' files and lines, where they are known."""
        for ref, field in self.rules:
            known = mesh.contributions.get(ref)
            origins = dict(known.origins) if known else {}
            yield origins.get(field, Origin(ref, field=field))


class KeyWishes:
    """The wishes of the present mesh, by the name of their source."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, dict[str, KeyWish]] = {}
        self.all: dict[str, KeyWish] = {}

    def touch(self, mesh: Mesh, change: Change) -> bool:
        """Look at what changed; whether the wishes are others now."""
        namespaces = {key.name for key in change if key.table == tables.WORKLOAD_POLICIES.name}
        fresh = {name: _wishes(mesh, name) for name in namespaces}
        if all(wishes == self._by_namespace.get(name, {}) for name, wishes in fresh.items()):
            return False
        self._by_namespace |= fresh
        self.all = {}
        for name in sorted(self._by_namespace):
            for source, wish in self._by_namespace[name].items():
                self.all[source] = _joined(self.all.get(source), wish)
        return True


def _joined(one: KeyWish | None, other: KeyWish) -> KeyWish:
    if one is None:
        return other
    first, second = (one, other) if one.followed else (other, one)
    rules = (*first.rules, *second.rules)[:_MOST_PLACES]
    return replace(first, patience=max(one.patience, other.patience), rules=rules)


def policies_of(mesh: Mesh) -> Change:
    """All facts of policies, as if each had just come."""
    return frozenset(key for key in mesh.facts if key.table == tables.WORKLOAD_POLICIES.name)


def _wishes(mesh: Mesh, namespace: str) -> dict[str, KeyWish]:
    wishes: dict[str, KeyWish] = {}
    for wish in _each(mesh, namespace):
        name = str(wish.source)
        if name not in wishes and len(wishes) >= MOST_SOURCES:
            wish = replace(wish, followed=False)
        wishes[name] = _joined(wishes.get(name), wish)
    return wishes


def _each(mesh: Mesh, namespace: str) -> Iterator[KeyWish]:
    for policy in mesh.lookup(tables.WORKLOAD_POLICIES, namespace) or ():
        jwt = policy.policies.get(Jwt)
        for at, rule in enumerate(jwt.rules if jwt else ()):
            if rule.source is not None:
                rules = ((policy.object, f"spec.jwtRules[{at}]"),)
                yield KeyWish(rule.source, rule.timeout, rules)
