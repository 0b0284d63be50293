"""Which address each pod has: the same for the same pod where free, and not reused at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SLOTS = 254 * 254
"""Slots are 10.244.1.1 to 10.244.254.254; the bridge and its neighbours are never given out."""

RESTING = 512
"""How many freed slots rest before one of them is given out again."""


class OutOfAddresses(RuntimeError):
    """More pods than a lab has addresses."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Slots in use by key, and those freed of late, oldest first."""

    taken: Mapping[str, int] = field(default_factory=dict)
    resting: tuple[int, ...] = ()

    def take(self, key: str) -> Addresses:
        """Give `key` a slot: its own by hash, or the next one free."""
        if key in self.taken:
            return self
        used = {*self.taken.values(), *self.resting}
        first = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % SLOTS
        for step in range(SLOTS):
            slot = (first + step) % SLOTS
            if slot not in used:
                return replace(self, taken={**self.taken, key: slot})
        raise OutOfAddresses(f"pod {key}: all {SLOTS} addresses of the lab are in use")

    def free(self, key: str) -> Addresses:
        """Take the slot back and let it rest."""
        if key not in self.taken:
            return self
        kept = {each: slot for each, slot in self.taken.items() if each != key}
        return Addresses(kept, (*self.resting, self.taken[key])[-RESTING:])

    def of(self, key: str) -> tuple[str, str]:
        """The IPv4 and IPv6 address of a key that has a slot."""
        high, low = divmod(self.taken[key], 254)
        return f"10.244.{high + 1}.{low + 1}", f"fd00:10:244::{high + 1:x}:{low + 1:x}"
