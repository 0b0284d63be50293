"""What a program can wait for, and how often each of it has changed."""

from __future__ import annotations

import asyncio
from enum import StrEnum


class Topic(StrEnum):
    """A part of the plane's knowledge that has a revision of its own."""

    DOCUMENTS = "documents"
    SERVICES = "services"
    STATUS = "status"
    FINDINGS = "findings"
    TRAFFIC = "traffic"
    BANS = "bans"
    IDENTITY = "identity"


class Revisions:
    """A number for each topic that grows with every change, and a way to wait for that.

    `start` must be beyond what an earlier run of the plane has reached, as a time in
    milliseconds is: who waits since then must hear of this plane at once.
    """

    def __init__(self, start: int) -> None:
        self._numbers = dict.fromkeys(Topic, start)
        self._changes = {topic: asyncio.Event() for topic in Topic}
        self.ended = False

    def of(self, topic: Topic) -> int:
        """The revision of now."""
        return self._numbers[topic]

    def advance(self, *topics: Topic) -> None:
        """These changed: wake whoever waits for one of them."""
        for topic in topics:
            self._numbers[topic] += 1
            self._wake(topic)

    async def changed(self, topic: Topic, since: int) -> None:
        """Returns once the revision is another than `since`, or the plane ends."""
        while self._numbers[topic] == since and not self.ended:
            await self._changes[topic].wait()

    def end(self) -> None:
        """The plane ends: nobody waits any more."""
        self.ended = True
        for topic in Topic:
            self._wake(topic)

    def _wake(self, topic: Topic) -> None:
        change, self._changes[topic] = self._changes[topic], asyncio.Event()
        change.set()
