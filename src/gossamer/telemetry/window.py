"""The last seconds of an edge: sums per second in rings, from which rates are read."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from gossamer.telemetry.edge import Counts, Histogram, summed

WINDOW_S = 10
"""Rates are over so many whole seconds, the current one not among them."""

_SLOTS = WINDOW_S + 6


class Window:
    """Sums per second of requests, failures and bytes, and the durations of each second."""

    __slots__ = ("_durations", "_rings", "_second")

    def __init__(self) -> None:
        self._rings = tuple(array("d", bytes(8 * _SLOTS)) for _ in range(4))
        self._durations: list[Histogram] = [{} for _ in range(_SLOTS)]
        self._second = 0

    def add(self, grown: Counts, since: float, now: float) -> None:
        """Count what grew between two moments, spread evenly over the seconds between."""
        self._move_to(int(now))
        seconds = list(_seconds(since, now))
        for second, share in seconds:
            at = second % _SLOTS
            sums = (grown.requests, grown.failed, grown.sent, grown.received)
            for ring, value in zip(self._rings, sums, strict=True):
                ring[at] += value * share
        last = seconds[-1][0] % _SLOTS
        self._durations[last] = summed(self._durations[last], grown.milliseconds)

    def sums(self, now: float) -> tuple[float, float, float, float]:
        """Requests, failures, bytes sent and received in the window."""
        self._move_to(int(now))
        requests, failed, sent, received = (
            sum(ring[at] for at in self._slots()) for ring in self._rings
        )
        return requests, failed, sent, received

    def durations(self, now: float) -> Histogram:
        """Durations in the window."""
        self._move_to(int(now))
        total: Histogram = {}
        for at in self._slots():
            total = summed(total, self._durations[at])
        return total

    def plus(self, other: Window) -> Window:
        """Both together, to be read and not added to."""
        both = Window()
        both._second = max(self._second, other._second)
        for each in (self, other):
            each._move_to(both._second)
        for ring, *parts in zip(both._rings, self._rings, other._rings, strict=True):
            ring[:] = array("d", map(sum, zip(*parts, strict=True)))
        both._durations = list(map(summed, self._durations, other._durations))
        return both

    def _slots(self) -> Iterator[int]:
        return ((self._second - back) % _SLOTS for back in range(1, WINDOW_S + 1))

    def _move_to(self, second: int) -> None:
        """Forget the seconds that the ring has gone past."""
        for fresh in range(max(self._second + 1, second - _SLOTS + 1), second + 1):
            for ring in self._rings:
                ring[fresh % _SLOTS] = 0.0
            self._durations[fresh % _SLOTS] = {}
        self._second = max(self._second, second)


def _seconds(since: float, now: float) -> Iterator[tuple[int, float]]:
    """The seconds from `since` to `now`, and which share of the time lies in each.

    Only those that a ring still holds are told; what lies before them is past.
    """
    length = now - since
    if length <= 0 or int(since) == int(now):
        yield int(now), 1.0
        return
    for second in range(max(int(since), int(now) - _SLOTS + 1), int(now) + 1):
        yield second, (min(now, second + 1) - max(since, second)) / length
