"""An index of a big value, made once for as long as that very value is asked about.

A fact that holds all objects of a kind is read for each of them; what is looked for in it must
not cost a walk each time. Cells are immutable, so an index by identity is never stale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_KEPT = 4


class Once(Generic[T]):
    """`Once(make)(value, …)` is `make(value, …)`, kept for the last few values."""

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._held: list[tuple[tuple[Any, ...], T]] = []

    def __call__(self, *values: Any) -> T:
        for held, result in self._held:
            if all(one is other for one, other in zip(held, values, strict=True)):
                return result
        result = self._make(*values)
        self._held = [(values, result), *self._held[: _KEPT - 1]]
        return result
