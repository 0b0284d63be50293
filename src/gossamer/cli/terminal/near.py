"""The near name for a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'bookinfo'?)` for the nearest known name, or nothing."""
    near = get_close_matches(name, sorted(known), 1, 0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
