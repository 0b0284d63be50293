"""Durations as httpbin and fortio read them: plain seconds or Go's `1m30s`, `250ms`."""

from __future__ import annotations

import re

UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)")


def seconds_of(text: str) -> float | None:
    """Seconds; None for what is no duration or a negative one."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = _go(text) if text and not PART.sub("", text) else -1.0
    return seconds if 0 <= seconds < float("inf") else None


def _go(text: str) -> float:
    return sum(float(number) * UNITS[unit] for number, unit in PART.findall(text))
