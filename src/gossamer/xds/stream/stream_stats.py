"""What went over a client's streams, counted: responses, resources, bytes, refusals, delays.

A `StreamStats` outlives streams, so its numbers only grow. `Delays` belongs to one stream: it times
each change from the moment it was known here to the client's acknowledgement. An answer to a
question is no change and is not timed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from gossamer.xds.events import Send

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds, in seconds, of the buckets in which delays are counted."""

BEYOND = float("inf")


@dataclass(slots=True)
class StreamStats:
    """Counts of one client, by type URL; `delays` by the least upper bound in seconds."""

    responses: Counter[str] = field(default_factory=Counter)
    resources: Counter[str] = field(default_factory=Counter)
    removals: Counter[str] = field(default_factory=Counter)
    sent_bytes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    delays: Counter[float] = field(default_factory=Counter)
    delay_s: float = 0.0
    last_at: float = 0.0  # of the last change that was acknowledged, in seconds of Unix time

    def sent(self, send: Send, size: int) -> None:
        """A response of so many bytes was written."""
        self.responses[send.type_url] += 1
        joined = len(send.batch.resources) if send.batch else 0
        self.resources[send.type_url] += len(send.resources) + joined
        self.removals[send.type_url] += len(send.removed)
        self.sent_bytes[send.type_url] += size

    def refused(self, type_url: str) -> None:
        """The client refused a response."""
        self.refusals[type_url] += 1

    def took(self, seconds: float) -> None:
        """A change was acknowledged so many seconds after it was known."""
        self.delays[next((bound for bound in BOUNDS_S if seconds <= bound), BEYOND)] += 1
        self.delay_s += seconds
        self.last_at = time.time()


class Delays:
    """From change to acknowledgement, on one stream."""

    def __init__(self, stats: StreamStats) -> None:
        self._stats = stats
        self._since: dict[str, float] = {}
        self._flying: dict[tuple[str, str], float] = {}

    def changed(self, types: Iterable[str], now: float) -> None:
        """Something of these types changed; what waits already has waited longer."""
        for type_url in types:
            self._since.setdefault(type_url, now)

    def sent(self, type_url: str, nonce: str) -> None:
        """What had changed is on its way."""
        if (since := self._since.pop(type_url, None)) is not None:
            self._flying[type_url, nonce] = since

    def settled(self, type_url: str) -> None:
        """Nothing of this type waits to be said: the change made no difference here."""
        self._since.pop(type_url, None)

    def waiting(self) -> tuple[str, ...]:
        """Types of which a change is not on its way yet."""
        return tuple(self._since)

    def heard(self, type_url: str, nonce: str, now: float) -> None:
        """The client has spoken of a response."""
        if (since := self._flying.pop((type_url, nonce), None)) is not None:
            self._stats.took(now - since)
