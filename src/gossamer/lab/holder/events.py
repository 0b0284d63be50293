"""Progress for whoever watches a lab start: what changed, as JSON objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

Event = dict[str, Any]

LEFT_BEHIND = 1000
"""A subscriber that has not read this many events is cut off."""


class Events:
    """Hands every event to every subscriber; late ones first get the last event of each subject."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Event] = {}
        self._queues: set[asyncio.Queue[Event | None]] = set()

    def tell(self, event: str, subject: str = "", **words: Any) -> None:
        """An event about a subject; one that equals the subject's last is not repeated."""
        message = {"event": event, **({"subject": subject} if subject else {}), **words}
        if self._last.get((event, subject)) == message:
            return
        self._last[event, subject] = message
        for queue in tuple(self._queues):
            self._put(queue, message)

    def forget(self, event: str, subject: str) -> None:
        """The subject is gone, and its last event with it."""
        if self._last.pop((event, subject), None):
            for queue in tuple(self._queues):
                self._put(queue, {"event": event, "subject": subject, "gone": True})

    def _put(self, queue: asyncio.Queue[Event | None], message: Event | None) -> None:
        if queue.qsize() >= LEFT_BEHIND:
            self._queues.discard(queue)
            message = None
        queue.put_nowait(message)

    async def subscribe(self) -> AsyncIterator[Event]:
        """What is known so far, then everything new, until the lab ends."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        for message in self._last.values():
            queue.put_nowait(message)
        self._queues.add(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """No more events; subscribers end."""
        for queue in tuple(self._queues):
            self._put(queue, None)
