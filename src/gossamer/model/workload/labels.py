"""Labels as sorted pairs, and selectors that match them."""

from __future__ import annotations

from collections.abc import Mapping

Labels = tuple[tuple[str, str], ...]


def labels(mapping: Mapping[str, str]) -> Labels:
    """Sorted pairs, so that equal mappings are equal values."""
    return tuple(sorted(mapping.items()))


def selects(selector: Labels, of: Labels) -> bool:
    """Whether every pair of the selector is among the labels; an empty selector selects all."""
    return set(selector) <= set(of)
