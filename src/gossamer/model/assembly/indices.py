"""Counts and sets in tables of a draft: changed by what differs, and gone when they are empty."""

from __future__ import annotations

from typing import Any

from immutables import Map

from gossamer.model import tables
from gossamer.model.ids import Table
from gossamer.model.mesh import Draft


def count(draft: Draft, table: Table[Map[Any, int]], scope: str, item: Any, by: int) -> None:
    """Move the count of an item in a scope; a count of nothing is not kept."""
    counts = draft.lookup(table, scope) or Map()
    left = counts.get(item, 0) + by
    counts = counts.set(item, left) if left else counts.delete(item)
    draft.put(table, scope, counts if len(counts) else None)


def member(draft: Draft, table: Table[Map[str, None]], name: str, item: str, present: Any) -> None:
    """Put an item into the set of that name, or out of it."""
    held = draft.lookup(table, name) or Map()
    if present:
        held = held.set(item, None)
    elif item in held:
        held = held.delete(item)
    draft.put(table, name, held if len(held) else None)


def scoped(draft: Draft, namespace: str, by: int) -> None:
    """Move the number of what is seen from a namespace alone."""
    draft.put(tables.SCOPED, namespace, (draft.lookup(tables.SCOPED, namespace) or 0) + by or None)
