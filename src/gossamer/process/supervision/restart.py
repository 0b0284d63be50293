"""When an ended process is started again, and what a supervised process can be: as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 10.0
SETTLED_S = 2.0
"""Longer than a program takes to fail at its start: who ran so long is back at once when killed."""


class Restart(StrEnum):
    """Whether a process that ended is started again."""

    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    NEVER = "never"


class RestartState(StrEnum):
    """Where a process is in its life; `crash-loop` waits the longest delay."""

    RUNNING = "running"
    WAITING = "waiting"
    CRASH_LOOP = "crash-loop"
    STOPPING = "stopping"
    ENDED = "ended"


class ProcessEvent(StrEnum):
    """What happens to a process."""

    STARTED = "started"
    FELL = "fell"
    FELL_AGAIN = "fell-again"
    FINISHED = "finished"
    ASKED_TO_STOP = "asked-to-stop"


TRANSITIONS: dict[tuple[RestartState, ProcessEvent], RestartState] = {
    (RestartState.RUNNING, ProcessEvent.FELL): RestartState.WAITING,
    (RestartState.RUNNING, ProcessEvent.FELL_AGAIN): RestartState.CRASH_LOOP,
    (RestartState.RUNNING, ProcessEvent.FINISHED): RestartState.ENDED,
    (RestartState.RUNNING, ProcessEvent.ASKED_TO_STOP): RestartState.STOPPING,
    (RestartState.WAITING, ProcessEvent.STARTED): RestartState.RUNNING,
    (RestartState.WAITING, ProcessEvent.FELL): RestartState.WAITING,
    (RestartState.WAITING, ProcessEvent.FELL_AGAIN): RestartState.CRASH_LOOP,
    (RestartState.WAITING, ProcessEvent.ASKED_TO_STOP): RestartState.ENDED,
    (RestartState.CRASH_LOOP, ProcessEvent.STARTED): RestartState.RUNNING,
    (RestartState.CRASH_LOOP, ProcessEvent.FELL_AGAIN): RestartState.CRASH_LOOP,
    (RestartState.CRASH_LOOP, ProcessEvent.ASKED_TO_STOP): RestartState.ENDED,
    (RestartState.STOPPING, ProcessEvent.FINISHED): RestartState.ENDED,
    (RestartState.STOPPING, ProcessEvent.ASKED_TO_STOP): RestartState.STOPPING,
    (RestartState.ENDED, ProcessEvent.STARTED): RestartState.RUNNING,
    (RestartState.ENDED, ProcessEvent.ASKED_TO_STOP): RestartState.ENDED,
}


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next start: doubling, and short again after a settled run."""

    delay_s: float = FIRST_DELAY_S

    @property
    def longest(self) -> bool:
        """True once the delay can grow no more: the process is in a crash loop."""
        return self.delay_s >= LONGEST_DELAY_S

    def after_run(self, seconds: float) -> Backoff:
        """The delay that follows a run of so many seconds: a settled one is forgiven."""
        return Backoff() if seconds >= SETTLED_S else self

    def doubled(self) -> Backoff:
        """The delay after this one."""
        return replace(self, delay_s=min(self.delay_s * 2, LONGEST_DELAY_S))


def wants_restart(restart: Restart, status: int) -> bool:
    """Is a process with this rule, ended with this status, started again?"""
    return restart is Restart.ALWAYS or (restart is Restart.ON_FAILURE and status != 0)
