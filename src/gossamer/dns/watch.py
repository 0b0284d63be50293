"""The table file, followed: read again when it changes, the last good one kept when it is bad."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from gossamer.dns.plan import CLUSTER_DOMAIN, BadTable, DnsTable, read_table, within
from gossamer.process.event_log import EventLog
from gossamer.process.trusted_file import Mark, mark_of

INTERVAL = 0.2
"""Seconds between looks at the file; a look is one stat."""

_KEPT = "the names read before stay in effect"

log = EventLog("gossamer.dns")


class NameTable:
    """The current table, whole and for proxies; None until the file was read once."""

    def __init__(self, path: Path, domain: str = CLUSTER_DOMAIN) -> None:
        self._path = path
        self._domain = domain
        self._seen: Mark | None = None
        self.current: DnsTable | None = None
        self.for_proxies: DnsTable | None = None

    def refresh(self) -> None:
        """Read the file if it is another than last time."""
        mark = mark_of(self._path)
        if mark is not None and mark != self._seen:
            self._seen = mark
            self.read()

    def read(self) -> None:
        """Read the file now; what cannot be read changes nothing."""
        try:
            self.current = read_table(self._path.read_bytes())
        except (OSError, BadTable) as error:
            log.warning("names-unreadable", file=self._path, reason=error, effect=_KEPT)
        else:
            self.for_proxies = within(self.current, self._domain)
            log.info("names-read", file=self._path, names=len(self.current.addresses))


async def every(seconds: float, look: Callable[[], None]) -> None:
    """Look now and then, until cancelled."""
    while True:
        look()
        await asyncio.sleep(seconds)
