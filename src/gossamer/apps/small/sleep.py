"""sleep: the host's own `sleep` where there is one (it costs a megabyte), else a wait of ours."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence


def main(name: str, args: Sequence[str]) -> int:
    """`sleep [DURATION]`; for ever without one."""
    wanted = list(args) or ["infinity"]
    program = shutil.which("sleep")
    if program:
        os.execv(program, ["sleep", *wanted])
    seconds = _seconds(wanted)
    signal.sigtimedwait([signal.SIGTERM, signal.SIGINT], seconds)
    return 0


def _seconds(durations: Sequence[str]) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    forever = 10.0 * 365 * 86400
    if any(text in ("infinity", "inf") for text in durations):
        return forever
    return sum(float(t.rstrip("smhd")) * units.get(t[-1:], 1) for t in durations)
