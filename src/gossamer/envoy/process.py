"""How an Envoy is started and how it is asked to leave. What runs it is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gossamer.envoy.admin import Admin

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
        "--drain-strategy",
        "immediate",
        "--log-level",
        plan.log_level.value,
        "--log-format",
        _LOG_FORMAT,
        "--skip-deprecated-logs",
    ]


async def drain(admin: Admin) -> None:
    """Fail readiness, then close listeners gracefully; connections end over the drain time.

    The order matters: whoever balances by health stops sending before anything is refused.
    Raises AdminSilent if Envoy is gone already.
    """
    await admin.post("/healthcheck/fail")
    await admin.post("/drain_listeners?graceful&skip_exit")
