"""Which namespaces there are: those that are declared, and those that hold an object or a pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from gossamer.model import tables
from gossamer.model.fragment import Contribution
from gossamer.model.ids import Key
from gossamer.model.mesh import Draft, Mesh
from gossamer.model.origin import ObjectRef

_NAMESPACE = "Namespace"


def inhabit(
    draft: Draft,
    mesh: Mesh,
    contributions: Mapping[ObjectRef, Contribution | None],
    before: Mapping[Key, Any],
) -> None:
    """Count who came and went. What readers look at changes with the first and the last alone."""
    counts: Counter[str] = Counter()
    for ref, contribution in contributions.items():
        counts[_home(ref)] += (contribution is not None) - (ref in mesh.contributions)
    for key, old in before.items():
        if key.table == tables.PODS.name:
            new = draft.lookup(tables.PODS, key.name)
            counts[key.name.partition("/")[0]] += (new is not None) - (old is not None)
    for namespace, by in counts.items():
        if by and namespace:
            left = (draft.lookup(tables.INHABITANTS, namespace) or 0) + by
            draft.put(tables.INHABITANTS, namespace, left or None)
            draft.put(tables.INHABITED, namespace, True if left else None)


def _home(ref: ObjectRef) -> str:
    return ref.name if ref.kind == _NAMESPACE and not ref.group else ref.namespace
