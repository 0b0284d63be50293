"""Make the load: workers take ticks of a steady clock, each over its own connection.

A late answer delays no other tick: while one worker waits, the next takes over. When all wait,
ticks are skipped instead of piled up, so a slow server gets at most `connections` calls at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gossamer.apps.client.dial import Dialling, parse_url
from gossamer.apps.client.exchange import Address, CallError, Request
from gossamer.apps.client.pool import Pool
from gossamer.apps.load.plan import MOST_CONNECTIONS, LoadPlan, LoadReport, LoadTally

Progress = Callable[[LoadReport], None]


class Ticks:
    """Says when the next request is due, and when there is none any more."""

    def __init__(self, plan: LoadPlan, start: float) -> None:
        self.pause = 1 / plan.rate if plan.rate > 0 else 0.0
        self.due = start
        self.end = start + plan.seconds
        self.left = plan.count

    def take(self, now: float) -> float | None:
        """Seconds to wait for the tick that is now the caller's; None at the end."""
        if self.left is not None:
            if self.left <= 0:
                return None
            self.left -= 1
        due = max(self.due, now) if self.pause and now - self.due > 1 else self.due
        self.due = due + self.pause
        return None if max(due, now) >= self.end else max(0.0, due - now)


async def load(
    plan: LoadPlan, stop: asyncio.Event | None = None, progress: Progress | None = None
) -> LoadReport:
    """Run a plan; `stop` ends it early, `progress` gets a report every second."""
    tally = LoadTally()
    start = time.monotonic()
    ticks = Ticks(plan, start)
    address, target = parse_url(plan.url, plan.connect)
    request = Request(target, plan.method, plan.headers, plan.body)
    workers = max(1, min(plan.connections, MOST_CONNECTIONS))
    work = [
        asyncio.create_task(_work(plan, ticks, address, request, tally)) for _ in range(workers)
    ]
    watch = asyncio.create_task(_watch(tally, start, progress)) if progress else None
    try:
        await _all_or_stopped(work, stop)
    finally:
        for task in [*work, *([watch] if watch else [])]:
            task.cancel()
    return tally.report(time.monotonic() - start)


async def _all_or_stopped(work: list[asyncio.Task[None]], stop: asyncio.Event | None) -> None:
    if stop is None:
        await asyncio.gather(*work)
        return
    stopped = asyncio.create_task(stop.wait())
    done = asyncio.gather(*work)
    either: set[asyncio.Future[Any]] = {done, stopped}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    done.cancel()
    with suppress(asyncio.CancelledError):
        await done


async def _work(
    plan: LoadPlan, ticks: Ticks, address: Address, request: Request, tally: LoadTally
) -> None:
    pool = Pool(Dialling(plan.timeout_s, protocol=plan.protocol))
    try:
        while (wait := ticks.take(time.monotonic())) is not None:
            if wait:
                await asyncio.sleep(wait)
            await _one(plan, pool, address, request, tally)
    finally:
        tally.replaced += pool.replaced
        pool.close()


async def _one(
    plan: LoadPlan, pool: Pool, address: Address, request: Request, tally: LoadTally
) -> None:
    begin = time.monotonic()
    try:
        answer = await pool.call(address, request, plan.timeout_s)
    except CallError as error:
        tally.errors[error.kind] += 1
        return
    ms = (time.monotonic() - begin) * 1000
    tally.answered(answer.status, answer.body, ms, plan.fields)


async def _watch(tally: LoadTally, start: float, progress: Progress) -> None:
    while True:
        await asyncio.sleep(1)
        progress(tally.report(time.monotonic() - start))
