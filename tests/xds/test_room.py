"""Many clients owed much at once do not fill the memory, and none waits for one that stalls."""

from __future__ import annotations

import asyncio

from gossamer.xds.room import LARGE, Room


async def test_large_messages_wait_for_room() -> None:
    """A second one goes once the first arrived; a small one never waits."""
    room = Room(size=LARGE, stalled_s=60)
    first = room.take(LARGE)
    await room.free(LARGE - 1)
    waiting = asyncio.create_task(room.free(LARGE))
    await asyncio.sleep(0)
    assert not waiting.done()
    first.leave()
    await waiting


async def test_a_client_that_does_not_read_holds_up_nobody() -> None:
    """After a while its place counts no more, and leaving it later gives nothing back twice."""
    room = Room(size=LARGE, stalled_s=0.001)
    stalled = room.take(LARGE)
    await room.free(LARGE)
    stalled.leave()
    second = room.take(LARGE)
    waiting = asyncio.create_task(room.free(LARGE))
    await asyncio.sleep(0)
    assert not waiting.done()
    second.leave()
    await waiting


async def test_one_message_larger_than_all_room_goes_alone() -> None:
    """It would never fit, so it goes when nothing else does."""
    await Room(size=LARGE).free(10 * LARGE)
