"""A clock for loops that look again and again."""

from __future__ import annotations

import asyncio
from datetime import datetime

from gossamer.process.clock import utc_now


class Steps:
    """A clock whose waits are as many as a test wants."""

    def __init__(self, count: int) -> None:
        self.left = count

    def now(self) -> datetime:
        return utc_now()

    async def wait(self, seconds: float) -> None:
        if self.left == 0:
            raise asyncio.CancelledError
        self.left -= 1
