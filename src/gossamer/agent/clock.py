"""Time as the agent needs it: the date for certificates, waiting for everything else.

One small Protocol, so that tests let a day pass without waiting for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, repeat
from typing import Protocol

from gossamer.identity.keys import utc_now


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


def backoff(*seconds: float) -> Iterator[float]:
    """Waits between tries: these, then the last one for ever."""
    return chain(seconds, repeat(seconds[-1]))
