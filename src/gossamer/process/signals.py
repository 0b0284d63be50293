"""The signals that ask a program to end: a supervisor's SIGTERM, a terminal's SIGINT."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def on_end_signal(callback: Callable[[], object]) -> None:
    """Call `callback` in the running event loop each time that this program is asked to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, callback)
