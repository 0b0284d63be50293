"""The time that a supervisor waits by; tests bring their own."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """Real time: seconds since the epoch, and real waiting."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        await asyncio.sleep(seconds)
