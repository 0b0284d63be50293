"""What there is to say of the objects in force, checked again only where a change reached.

A check notes the facts that it looked at. A change marks the objects that rest on its facts, and
they are checked when somebody asks: pushes never wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.compile.checks.table import check
from gossamer.model.assembly.change import Change
from gossamer.model.finding import Finding
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.plane.resources.index import Index


class FindingsIndex:
    """The checks' findings on every object of one mesh at a time."""

    def __init__(self) -> None:
        self._index: Index[ObjectRef] = Index()
        self._known: dict[ObjectRef, tuple[Finding, ...]] = {}
        self._stale: set[ObjectRef] = set()

    def touch(self, change: Change, objects: Iterable[ObjectRef]) -> None:
        """These facts and these objects changed."""
        self._stale |= self._index.touched(change)
        self._stale.update(objects)

    def of(self, mesh: Mesh, objects: Iterable[ObjectRef]) -> tuple[Finding, ...]:
        """The findings on these objects, in the order of their names."""
        wanted = sorted(set(objects))
        for ref in wanted:
            if ref in self._stale:
                self._check(mesh, ref)
        return tuple(finding for ref in wanted for finding in self._known.get(ref, ()))

    def all(self, mesh: Mesh) -> tuple[Finding, ...]:
        """All findings, in the order of their objects."""
        return self.of(mesh, {*self._known, *self._stale})

    def _check(self, mesh: Mesh, ref: ObjectRef) -> None:
        self._stale.discard(ref)
        contribution = mesh.contributions.get(ref)
        if contribution is None:
            self._known.pop(ref, None)
            self._index.drop(ref)
            return
        checked = check(mesh, contribution)
        self._known[ref] = checked.findings
        self._index.rest(ref, checked.reads)
