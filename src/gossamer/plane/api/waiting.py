"""Requests that wait for a change: the same way on every route, and so many of each caller."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request

from gossamer.plane.api.api_route import actor_of
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.requests import LONGEST_WAIT, number_in

MOST_WAITING = 64
"""Requests of one caller that may wait at a time; a lab's own programs need three."""


class Waiters:
    """Who waits, by caller: one program that asks without end must not hold the plane's memory."""

    def __init__(self) -> None:
        self._most = MOST_WAITING
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def one_more(self, caller: str) -> Iterator[None]:
        """Count a request while it waits. Raises RequestRefused 429 past the bound."""
        if self._waiting[caller] >= self._most:
            raise RequestRefused(
                429,
                f"{self._most} requests of {caller} wait for changes already. This one is "
                "not answered. Ask without wait, or end some of those that wait",
            )
        self._waiting[caller] += 1
        try:
            yield
        finally:
            self._waiting[caller] -= 1


async def wait_for_change(request: Request, changed: Callable[[int], Awaitable[None]]) -> None:
    """Hold a request until there is news since its revision, its wait is over, or it is gone."""
    since, wait = number_in(request, "since"), number_in(request, "wait", 0.0)
    if since is None or not wait:
        return
    waiters: Waiters = request.app.state.waiters
    caller = actor_of(request).name
    with waiters.one_more(caller):
        ends = {
            asyncio.ensure_future(changed(int(since))),
            asyncio.ensure_future(_hung_up(request)),
        }
        seconds = min(wait, LONGEST_WAIT)
        done, pending = await asyncio.wait(
            ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for each in pending:
            each.cancel()
        for each in done:
            each.result()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
