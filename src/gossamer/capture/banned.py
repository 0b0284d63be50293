"""What a host does about bans: it ends the connections that its pods still have with the banned.

Proxies refuse new ones by their certificates. What was open before stays open in Envoy, so the
kernel ends it. It is done again a little later, for whoever came back before a proxy had heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gossamer.process.event_log import EventLog

AGAIN_S = (0.0, 0.2, 0.5)
"""Waits before each time: all is done within a second of the ban."""

_log = EventLog("gossamer.capture")

EndAll = Callable[[Sequence[str]], Awaitable[int]]
"""From addresses to how many connections to or from them were ended. Raises OSError."""


class BannedConnections:
    """Ends the connections of whoever becomes banned."""

    def __init__(self, end: EndAll) -> None:
        self._end = end
        self._known: frozenset[str] = frozenset()

    async def follow(self, addresses: Sequence[str]) -> None:
        """Act on addresses of banned pods that were not among them before."""
        banned = frozenset(addresses)
        fresh, self._known = sorted(banned - self._known), banned
        if not fresh:
            return
        for wait in AGAIN_S:
            await asyncio.sleep(wait)
            await self._end_now(fresh)

    async def _end_now(self, addresses: Sequence[str]) -> None:
        try:
            count = await self._end(addresses)
        except OSError as error:
            _log.error(
                "banned-connections-stay",
                addresses=list(addresses),
                reason=str(error),
                effect="TCP connections that were open before the ban go on until they end",
                remedy="restart the workloads at their other end: gossamer restart deploy/NAME",
            )
        else:
            if count:
                _log.info("banned-connections-ended", addresses=list(addresses), count=count)
