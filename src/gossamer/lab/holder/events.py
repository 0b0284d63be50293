"""Progress for whoever watches a lab start: what changed, as JSON objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

Event = dict[str, Any]
Subject = tuple[str, str]
"""The kind of an event and what it is about."""


class Events:
    """Hands every event to every subscriber; late ones first get the last event of each subject.

    Who reads slower than things happen gets the last event of each subject, too: what waits for a
    subscriber is bounded by what there is to tell of, and nothing that still holds is left out.
    """

    def __init__(self) -> None:
        self._last: dict[Subject, Event] = {}
        self._subscribers: set[_Subscriber] = set()

    def tell(self, event: str, subject: str = "", **words: Any) -> None:
        """An event about a subject; one that equals the subject's last is not repeated."""
        message = {"event": event, **({"subject": subject} if subject else {}), **words}
        if self._last.get((event, subject)) == message:
            return
        self._last[event, subject] = message
        self._hand((event, subject), message)

    def forget(self, event: str, subject: str) -> None:
        """The subject is gone, and its last event with it."""
        if self._last.pop((event, subject), None):
            self._hand((event, subject), {"event": event, "subject": subject, "gone": True})

    def _hand(self, subject: Subject, message: Event) -> None:
        for subscriber in self._subscribers:
            subscriber.put(subject, message)

    async def subscribe(self) -> AsyncIterator[Event]:
        """What is known so far, then everything new, until the lab ends."""
        subscriber = _Subscriber(self._last)
        self._subscribers.add(subscriber)
        try:
            while (event := await subscriber.get()) is not None:
                yield event
        finally:
            self._subscribers.discard(subscriber)

    def close(self) -> None:
        """No more events; subscribers end when they have read what waits for them."""
        for subscriber in self._subscribers:
            subscriber.end()


class _Subscriber:
    """What one subscriber has yet to read: the last event of each subject, in order."""

    def __init__(self, known: dict[Subject, Event]) -> None:
        self._waiting = dict(known)
        self._ended = False
        self._news = asyncio.Event()

    def put(self, subject: Subject, message: Event) -> None:
        self._waiting.pop(subject, None)
        self._waiting[subject] = message
        self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def get(self) -> Event | None:
        """The next event, awaited; None once there will be none."""
        while not self._waiting and not self._ended:
            self._news.clear()
            await self._news.wait()
        return self._waiting.pop(next(iter(self._waiting))) if self._waiting else None
