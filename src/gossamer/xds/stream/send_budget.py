"""A budget for large messages: how many bytes of them may be on their way to all clients together.

When everyone reconnects, everyone is owed megabytes at once. Written all at the same time they
would lie in memory a thousandfold and arrive no sooner. Who stalls gives its room back, so that a
client that does not read holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque

LARGE = 64 * 1024
ROOM = 24 * 1024 * 1024
STALLED_S = 2.0


class SendBudget:
    """Bytes in large writes, bounded; small ones pass."""

    def __init__(self, size: int = ROOM, stalled_s: float = STALLED_S) -> None:
        self._size = size
        self._stalled_s = stalled_s
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def free(self, size: int) -> None:
        """Wait until a message of that many bytes may be taken on."""
        while size >= LARGE and self._taken and self._taken + size > self._size:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def take(self, size: int) -> Reservation:
        """A message is on its way; its place is left once it arrived."""
        if size < LARGE:
            return Reservation(self, 0)
        self._taken += size
        place = Reservation(self, size)
        place.expire_after(self._stalled_s)
        return place

    def give_back(self, size: int) -> None:
        """Bytes are gone; whoever waits looks again."""
        self._taken -= size
        waiting, self._waiting = self._waiting, deque()
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)


class Reservation:
    """What one message takes of the room, until it is written or stalls."""

    def __init__(self, budget: SendBudget, size: int) -> None:
        self._budget = budget
        self._size = size
        self._timer: asyncio.TimerHandle | None = None

    def expire_after(self, seconds: float) -> None:
        """Leave by then at the latest."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self.leave)

    def leave(self) -> None:
        """Give the bytes back, once."""
        if self._timer is not None:
            self._timer.cancel()
        size, self._size = self._size, 0
        if size:
            self._budget.give_back(size)
