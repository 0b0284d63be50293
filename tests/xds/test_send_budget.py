"""Many clients owed much at once do not fill the memory, and none waits for one that stalls."""

from __future__ import annotations

import asyncio

from gossamer.xds.stream.send_budget import LARGE, SendBudget


async def test_large_messages_wait_for_room() -> None:
    """A second one goes once the first arrived; a small one never waits."""
    budget = SendBudget(size=LARGE, stalled_s=60)
    first = budget.take(LARGE)
    await budget.free(LARGE - 1)
    waiting = asyncio.create_task(budget.free(LARGE))
    await asyncio.sleep(0)
    assert not waiting.done()
    first.leave()
    await waiting


async def test_a_client_that_does_not_read_holds_up_nobody() -> None:
    """After a while its place counts no more, and leaving it later gives nothing back twice."""
    budget = SendBudget(size=LARGE, stalled_s=0.001)
    stalled = budget.take(LARGE)
    await budget.free(LARGE)
    stalled.leave()
    second = budget.take(LARGE)
    waiting = asyncio.create_task(budget.free(LARGE))
    await asyncio.sleep(0)
    assert not waiting.done()
    second.leave()
    await waiting


async def test_one_message_larger_than_all_room_goes_alone() -> None:
    """It would never fit, so it goes when nothing else does."""
    await SendBudget(size=LARGE).free(10 * LARGE)
