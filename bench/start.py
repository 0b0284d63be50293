"""Start: commands, and a lab until it is Ready; seconds by the clock, and CPU of the command."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.lab import NAME, lab
from bench.report import tell

BOOKINFO = Path("examples/bookinfo")


def main() -> None:
    """Each command; the least of five."""
    text = "---\n".join(path.read_text() for path in sorted(BOOKINFO.glob("*.yaml")))
    began = time.perf_counter()
    with lab(text) as running:
        up = time.perf_counter() - began
        rows = [
            _timed("--help", lambda: running.run("--help")),
            _timed("status", lambda: running.run("status", "--name", NAME)),
            {"command": "up of Bookinfo until Ready", "least_s": up},
        ]
    tell("start", rows)


def _timed(name: str, command: Callable[[], Any]) -> dict[str, Any]:
    seconds, cpu = [], []
    for _ in range(5):
        before, began = _cpu(), time.perf_counter()
        command()
        seconds.append(time.perf_counter() - began)
        cpu.append(_cpu() - before)
    return {"command": name, "least_s": min(seconds), "least_cpu_s": min(cpu)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
