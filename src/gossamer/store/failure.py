"""How a store says no."""

from __future__ import annotations

from gossamer.store.document import ABSENT, DocumentKey


class Conflict(Exception):
    """A document is not at the revision that a write expected; nothing was written."""

    def __init__(self, key: DocumentKey, expected: int, present: int) -> None:
        wanted = f"revision {expected}" if expected != ABSENT else "no such document"
        there = f"revision {present}" if present != ABSENT else "no such document"
        super().__init__(
            f"{key}: expected {wanted} and found {there}. Nothing was written. "
            "Read it again and repeat the change"
        )
        self.key, self.expected, self.present = key, expected, present


class Compacted(Exception):
    """The changes after a revision are no longer known; list again and watch from there."""

    def __init__(self, after: int, oldest: int, newest: int) -> None:
        super().__init__(
            f"Changes are known from revision {oldest} to {newest}, not after {after}. List again"
        )


class StoreUnavailable(Exception):
    """The store cannot read or write now. The message says who, what, effect and remedy."""


class StoreDamaged(StoreUnavailable):
    """What the store holds is not what was written to it."""


class StoreReadOnly(StoreUnavailable):
    """This kind of store takes no writes."""
