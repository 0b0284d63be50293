"""Answers that take their time are computed beside the event loop, one after another.

They are functions of values (a mesh never changes), so a thread may have them while the loop goes
on to serve proxies. A single one: questions wait for each other, and never for a processor that
pushes need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Background:
    """The place beside the loop, for one computation at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def compute(self, what: Callable[[], T]) -> T:
        """What the function returns, or raises."""
        async with self._turn:
            return await asyncio.to_thread(what)
