"""Waiting for what happens: our own callbacks, or another process that can only be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

BEAT_S = 0.02


async def settle() -> None:
    """Let every callback that is ready run, and those that it makes ready."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn


async def until(check: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
    """Look at an external process until `check` holds; TimeoutError when it does not in time."""
    async with asyncio.timeout(within):
        while not await check():
            await beat()


async def beat() -> None:
    """The pause between two looks at another process."""
    never = asyncio.get_running_loop().create_future()
    await asyncio.wait({never}, timeout=BEAT_S)
