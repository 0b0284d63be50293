"""How often certificates are signed: for one identity, and for one asker. Pure; memory is bounded.

A workload renews a few times a day. One that asks in a loop, by a mistake or because its key was
stolen, costs signatures and fills the record of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KNOWN = 20_000
"""Identities whose last requests are remembered; the longest silent is forgotten."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, and then so many a second."""

    at_once: float
    a_second: float


SUBJECT = Allowance(20, 0.5)
"""Of one pod or agent. The shortest lives of 20 seconds ask every ten."""

ASKER = Allowance(2_000, 100)
"""Of one agent, for all pods of its host, which may start together."""


class RateLimit:
    """Token buckets by name."""

    def __init__(
        self, allowance: Allowance, clock: Callable[[], float], most: int = MOST_KNOWN
    ) -> None:
        self._allowance, self._clock, self._most = allowance, clock, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """0 where one more is allowed, which then counts; else how many seconds to wait."""
        now = self._clock()
        left, since = self._left.pop(name, (self._allowance.at_once, now))
        left = min(self._allowance.at_once, left + (now - since) * self._allowance.a_second)
        allowed = left >= 1
        self._left[name] = (left - 1 if allowed else left, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._allowance.a_second
