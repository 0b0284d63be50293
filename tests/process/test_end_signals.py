"""A program ends in its own order when it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from gossamer.process.signals import on_end_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_program_hears_that_it_shall_end(number: signal.Signals) -> None:
    """A supervisor's SIGTERM and a terminal's SIGINT are told alike, and kill nothing."""
    ended = asyncio.Event()
    on_end_signal(ended.set)
    try:
        os.kill(os.getpid(), number)
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(each)
