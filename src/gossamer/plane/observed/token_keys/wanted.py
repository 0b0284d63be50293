"""Which sources of keys the mesh asks for, and the rule that asks. Pure.

Rules are looked at again where policies changed, namespace by namespace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from gossamer.model import tables
from gossamer.model.assembly.change import Change
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.policies.workload.jwt import Jwt, KeySource


@dataclass(frozen=True, slots=True)
class KeyWish:
    """A source, how long its issuer may take, and where the rule is written."""

    source: KeySource
    patience: timedelta
    object: ObjectRef
    field: str

    def place(self, mesh: Mesh) -> Origin:
        """The rule's file and line, where they are known."""
        known = mesh.contributions.get(self.object)
        origins = dict(known.origins) if known else {}
        return origins.get(self.field, Origin(self.object, field=self.field))


class KeyWishes:
    """The wishes of the present mesh, by source; the first object that has one speaks for it."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, tuple[KeyWish, ...]] = {}

    def touch(self, mesh: Mesh, change: Change) -> bool:
        """Look at what changed; whether the wishes are others now."""
        namespaces = {key.name for key in change if key.table == tables.WORKLOAD_POLICIES.name}
        former = {name: self._by_namespace.get(name, ()) for name in namespaces}
        for name in namespaces:
            self._by_namespace[name] = tuple(_wishes(mesh, name))
        return any(self._by_namespace[name] != before for name, before in former.items())

    def all(self) -> dict[str, KeyWish]:
        """Every wish by the name of its source."""
        wishes: dict[str, KeyWish] = {}
        for name in sorted(self._by_namespace):
            for wish in self._by_namespace[name]:
                wishes.setdefault(str(wish.source), wish)
        return wishes


def policies_of(mesh: Mesh) -> Change:
    """All facts of policies, as if each had just come."""
    return frozenset(key for key in mesh.facts if key.table == tables.WORKLOAD_POLICIES.name)


def _wishes(mesh: Mesh, namespace: str) -> Iterator[KeyWish]:
    for policy in mesh.lookup(tables.WORKLOAD_POLICIES, namespace) or ():
        jwt = policy.policies.get(Jwt)
        for at, rule in enumerate(jwt.rules if jwt else ()):
            if rule.source is not None:
                yield KeyWish(rule.source, rule.timeout, policy.object, f"spec.jwtRules[{at}]")
