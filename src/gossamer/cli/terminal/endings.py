"""What ends a command that holds a lab in the foreground: Ctrl-C, `kill`, a closed terminal."""

from __future__ import annotations

import signal
from typing import Any

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_endings() -> None:
    """From now on each of them raises KeyboardInterrupt, once: a second one must not leave half
    of what the first one ends. What this process was told to ignore (nohup) stays ignored."""
    _on_endings(_interrupt)


def ignore_endings() -> None:
    """Finish what is being ended, whatever else is asked meanwhile."""
    _on_endings(signal.SIG_IGN)


def _on_endings(action: Any) -> None:
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, action)


class Ending(KeyboardInterrupt):
    """Somebody asked for the end; `status` is what shells call such an exit: 130 for Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


def _interrupt(number: int, _: object) -> None:
    ignore_endings()
    raise Ending(number)
