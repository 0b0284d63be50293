"""Time as our programs need it: the date, waiting, and the timers of an event loop.

Small Protocols, so that tests let a day pass without waiting for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any, Protocol


def utc_now() -> datetime:
    """The machine's date, with its zone."""
    return datetime.now(UTC)


class Clock(Protocol):
    """What tells the date and waits."""

    def now(self) -> datetime:
        """The date, with its zone."""

    async def wait(self, seconds: float) -> None:
        """Return after so many seconds."""


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The date, with its zone."""
        return utc_now()

    async def wait(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(max(0.0, seconds))


class LoopClock(Protocol):
    """The part of an event loop that tells and waits for time; tests bring their own."""

    def time(self) -> float:
        """Seconds, monotonic."""

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        """Call after `delay` seconds; what is returned has `cancel()`."""


def backoff(*seconds: float) -> Iterator[float]:
    """Waits between tries: these, then the last one for ever."""
    return chain(seconds, repeat(seconds[-1]))
