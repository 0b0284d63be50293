"""The cluster IPs of the services, as the plane gave them out, for the variables of containers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from gossamer.plane.api.shapes import ServiceShape

PATIENCE_S = 2.0
"""How long a container's start waits for the address of a Service that was just applied."""


class ServiceAddresses:
    """Host to first address, kept as `follow` is told; the last known stays while the plane is
    away."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] = {}
        self._changed = asyncio.Condition()

    async def follow(self, services: Sequence[ServiceShape]) -> None:
        """These are the services now."""
        self._known = {each.host: each.addresses[0] for each in services if each.addresses}
        async with self._changed:
            self._changed.notify_all()

    async def of(self, hosts: Iterable[str]) -> Mapping[str, str]:
        """All addresses, once these hosts are among them or patience is over."""
        wanted = set(hosts)
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                await self._changed.wait_for(lambda: wanted <= self._known.keys())
        except TimeoutError:
            pass
        return self._known
