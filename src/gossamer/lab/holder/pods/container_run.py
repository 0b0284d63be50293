"""One run of a container: from the start of its process to the end of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gossamer.lab.holder.control.answers import RunShape
from gossamer.process.clock import utc_now
from gossamer.process.supervision.logfile import is_full, older


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """When a process began and where in its log; when and how it ended, None while it runs.

    What it wrote stands in `log` from `log_offset` on, up to where the next run begins.
    """

    started: datetime
    log: Path
    log_offset: int = 0
    ended: datetime | None = None
    exit_status: int | None = None

    def over(self, exit_status: int) -> ContainerRun:
        """The same run, which ends now."""
        return replace(self, ended=utc_now(), exit_status=exit_status)

    def shape(self) -> RunShape:
        """As the control socket shows it."""
        return RunShape(
            started=iso(self.started),
            ended=iso(self.ended),
            exit_status=self.exit_status,
            log=str(self.log),
            log_offset=self.log_offset,
        )


def next_run(log: Path, last: ContainerRun | None) -> tuple[ContainerRun, ContainerRun | None]:
    """The run that begins now, and the one before it, whose log may have been moved away."""
    if is_full(log):
        return ContainerRun(utc_now(), log), replace(last, log=older(log)) if last else None
    size = log.stat().st_size if log.exists() else 0
    return ContainerRun(utc_now(), log, size), last


def iso(moment: datetime | None) -> str | None:
    """A time as Kubernetes writes it, to the microsecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None
