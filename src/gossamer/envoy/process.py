"""How an Envoy is started, as a value. What runs it is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
"""All that Envoy gets: it inherits neither secrets nor proxies from whoever starts it."""

_LOG_FORMAT = "%Y-%m-%dT%T.%e %l envoy %n %v"


class LogLevel(StrEnum):
    """Envoy's own words for how much it says."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """How one Envoy runs: its binary, its bootstrap, its worker threads, what it says."""

    binary: Path
    bootstrap: Path
    concurrency: int = 1
    log_level: LogLevel = LogLevel.WARNING
    drain_seconds: int = 5


def argv(plan: ProcessPlan) -> list[str]:
    """The command line; equal plans give equal ones, by which a starter knows it runs already.

    Hot restart is off: it needs a shared memory id per host, and configuration comes by xDS.
    """
    return [
        str(plan.binary),
        "--config-path",
        str(plan.bootstrap),
        "--concurrency",
        str(plan.concurrency),
        "--disable-hot-restart",
        "--drain-time-s",
        str(plan.drain_seconds),
        # The default lets an access log be ten seconds old.
        "--file-flush-interval-msec",
        "1000",
        "--drain-strategy",
        "immediate",
        "--log-level",
        plan.log_level.value,
        "--log-format",
        _LOG_FORMAT,
        "--skip-deprecated-logs",
    ]
