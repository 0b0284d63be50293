"""A change: the facts of the mesh whose values differ from before."""

from __future__ import annotations

from gossamer.model.ids import Key

Change = frozenset[Key]

NOTHING: Change = frozenset()
