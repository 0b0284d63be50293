"""Renewals that are due together, spread over time. Pure.

When another issuer signs, every certificate of the mesh is to be renewed. Each has its moment in a
window that grows with their number, by a hash of whose it is and who signs: agents need not talk
to each other, a restart does not draw again, and the next rotation has another order.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

RENEWALS_PER_S = 50.0
"""Of the whole mesh. Signing takes a millisecond, and pushes to proxies go on meanwhile."""

APART_S = 0.05
"""Seconds between two renewals of one agent, however many are due: 20 a second."""


def window_s(certificates: int) -> float:
    """Over how many seconds so many certificates are renewed."""
    return certificates / RENEWALS_PER_S


def moment(whose: str, issuer: str) -> float:
    """A certificate's place in the window, 0 to 1."""
    digest = hashlib.sha256(f"{whose}\n{issuer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def due_at(whose: str, issuer: str, heard: datetime, window: float) -> datetime:
    """When to renew a certificate of another issuer; `heard` is when its agent heard of
    the new one."""
    return heard + timedelta(seconds=window * moment(whose, issuer))


class Turnstile:
    """Lets one pass at a time, with a pause in between; gives each the time of its turn."""

    def __init__(self, apart_s: float = APART_S) -> None:
        self._apart = timedelta(seconds=apart_s)
        self._free: datetime | None = None

    def turn(self, now: datetime) -> float:
        """How many seconds the caller has to wait. A clock that goes back costs no more than
        those who are in line."""
        mine = now if self._free is None else max(now, self._free)
        self._free = mine + self._apart
        return (mine - now).total_seconds()
