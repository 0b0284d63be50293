"""Merging contributions into the mesh by one precedence rule, at the cost of what changed.

Between objects that claim one fact the order is: dialect (Gateway API, Istio, SMI), a Service of
Kubernetes before a ServiceEntry, then the older, then by namespace and name. `claims.py` says who
lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gossamer.model.assembly.change import Change
from gossamer.model.assembly.derive import derive
from gossamer.model.fragment import YOUNGEST, Contribution, Fragment, facts
from gossamer.model.ids import Key
from gossamer.model.inhabited import inhabit
from gossamer.model.mesh import Draft, Mesh
from gossamer.model.observed import NOTHING_OBSERVED, Observed
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.service import Service


def assemble(
    mesh: Mesh,
    contributions: Mapping[ObjectRef, Contribution | None],
    observed: Observed = NOTHING_OBSERVED,
) -> tuple[Mesh, Change]:
    """The mesh after these objects and observed facts came, changed or went (None)."""
    draft = Draft(mesh)
    objects = mesh.contributions.mutate()
    landed: dict[Key, list[tuple[ObjectRef, Fragment | None]]] = {}
    for ref, contribution in contributions.items():
        for fragment in objects[ref].fragments if ref in objects else ():
            for key in facts(fragment):
                landed.setdefault(key, []).append((ref, None))
        for fragment in contribution.fragments if contribution else ():
            for key in facts(fragment):
                landed.setdefault(key, []).append((ref, fragment))
        if contribution is not None:
            objects[ref] = contribution
        elif ref in objects:
            del objects[ref]
    ages = {
        ref: contribution.created for ref, contribution in contributions.items() if contribution
    }

    def age(ref: ObjectRef) -> int:
        known = mesh.contributions.get(ref)
        return ages.get(ref, known.created if known else YOUNGEST)

    before: dict[Key, Any] = {key: draft.get_key(key) or () for key in landed}
    for key, arrivals in landed.items():
        draft.put_key(key, _merged(before[key], arrivals, age))
    for key, fact in observed.items():
        before[key] = draft.get_key(key)
        draft.put_key(key, fact)
    inhabit(draft, mesh, contributions, before)
    derive(draft, before, age)
    return draft.finish(objects.finish())


def _merged(
    fact: tuple[Any, ...],
    arrivals: list[tuple[ObjectRef, Fragment | None]],
    age: Callable[[ObjectRef], int],
) -> tuple[Any, ...] | None:
    moved = {ref for ref, _ in arrivals}
    kept = [fragment for fragment in fact if fragment.object not in moved]
    kept += [fragment for _, fragment in arrivals if fragment is not None]

    def strength(fragment: Any) -> tuple[int, int, str, str]:
        ref = fragment.object
        return (_rank(fragment), age(ref), ref.namespace, ref.name)

    return tuple(sorted(kept, key=strength)) or None


def _rank(fragment: Fragment) -> int:
    """Who comes first whatever the ages: no older entry takes the host of a Service."""
    match fragment:
        case RouteSet():
            return fragment.dialect.rank
        case Service():
            return 0 if fragment.object.kind == "Service" else 1
    return 0
