"""The demo's visitors: a steady load in a thread of its own, so that it dies with the demo."""

from __future__ import annotations

import asyncio
import threading

from gossamer.apps.load import LoadPlan, LoadReport, load

RATE = 20.0
CONNECTIONS = 8
ENDLESS = 1e9


class Visitors:
    """A load on one URL between `start` and `stop`."""

    def __init__(self, url: str) -> None:
        self._plan = LoadPlan(url, rate=RATE, seconds=ENDLESS, connections=CONNECTIONS)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._report: LoadReport | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="visitors")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> LoadReport | None:
        """End, and tell what came of it; None if that is not known."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)
        return self._report

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._report = self._loop.run_until_complete(load(self._plan, self._stop))
