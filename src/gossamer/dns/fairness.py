"""How much one client may ask, so that none can stop the names of all others. Pure.

A client is an address of a pod. It can't forge another's: a pod has no raw sockets.
"""

from __future__ import annotations

from collections import Counter

MOST_KNOWN = 4096
"""Clients kept in mind; more than a host has pods."""


class Places:
    """Places taken at the same time: a number for all, and no more than so many for one."""

    def __init__(self, in_all: int) -> None:
        self._in_all = in_all
        self._taken: Counter[str] = Counter()
        self._total = 0

    def take(self, client: str, most: int) -> bool:
        """Take a place for a client, if it holds fewer than `most` and one is left."""
        if self._taken[client] >= most or self._total >= self._in_all:
            return False
        self._taken[client] += 1
        self._total += 1
        return True

    def give_back(self, client: str) -> None:
        """The place is free again."""
        self._taken[client] -= 1
        self._total -= 1
        if not self._taken[client]:
            del self._taken[client]


class Pace:
    """Questions a second: a bucket for each client that refills with time."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._per_second, self._at_once = per_second, at_once
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, client: str, now: float) -> bool:
        """Whether the client may ask one more at this moment; if so it is counted."""
        left, since = self._buckets.get(client, (self._at_once, now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        if len(self._buckets) >= MOST_KNOWN:
            self._buckets.clear()
        self._buckets[client] = (left - 1 if left >= 1 else left, now)
        return left >= 1


class Silence:
    """Who gets no answers. One silent name says nothing of a resolver, and what one client asks
    says nothing to the others: a client is taken for cut off when several names of its own were
    met by silence, and nobody got an answer meanwhile."""

    def __init__(self, names: int, rest: float) -> None:
        self._several, self._rest = names, rest
        self._unanswered: dict[str, set[bytes]] = {}
        self._until: dict[str, float] = {}

    def met(self, client: str, name: bytes, now: float) -> None:
        """All resolvers kept silent about this name."""
        if len(self._unanswered) >= MOST_KNOWN:
            self.broken()
        names = self._unanswered.setdefault(client, set())
        if len(names) < self._several:
            names.add(name)
        if len(names) >= self._several:
            self._until[client] = now + self._rest

    def broken(self) -> None:
        """A resolver answered somebody, so all may ask again."""
        if self._unanswered:
            self._unanswered.clear()
            self._until.clear()

    def holds(self, client: str, now: float) -> bool:
        """Whether this client's questions are not worth a wait at the moment."""
        return now < self._until.get(client, 0.0)
