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


def _interrupt(*_: object) -> None:
    ignore_endings()
    raise KeyboardInterrupt
