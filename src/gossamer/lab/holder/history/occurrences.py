"""What happened in a lab, for `gossamer events`: bounded, and repeated things counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gossamer.lab.holder.control.answers import OccurrenceShape
from gossamer.lab.holder.pods.container_run import iso
from gossamer.lab.holder.pods.obstacles import CONFIG_ERROR, NO_COMMAND, START_ERROR
from gossamer.model.origin import ObjectRef
from gossamer.process.clock import utc_now

MOST_KEPT = 2000

WARNINGS = frozenset(("BackOff", "Unhealthy", "Failed", "ProxyExited")) | {
    *(NO_COMMAND, CONFIG_ERROR, START_ERROR)
}
"""The reasons of events that somebody should look at; all others are Normal."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happened, the first and the last time."""

    about: ObjectRef
    reason: str
    message: str
    first: datetime
    last: datetime
    count: int = 1

    def shape(self) -> OccurrenceShape:
        """As the control socket shows it."""
        return OccurrenceShape(
            type="Warning" if self.reason in WARNINGS else "Normal",
            reason=self.reason,
            kind=self.about.kind,
            namespace=self.about.namespace,
            name=self.about.name,
            message=self.message,
            count=self.count,
            first=iso(self.first),
            last=iso(self.last),
        )


class Occurrences:
    """The last of them; who asks gets them in the order of their last time."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[tuple[ObjectRef, str, str], Occurrence] = {}

    def note(self, about: ObjectRef, reason: str, message: str) -> None:
        """It happens now, for the first time or again."""
        key, now = (about, reason, message), utc_now()
        before = self._kept.pop(key, None)
        self._kept[key] = (
            replace(before, last=now, count=before.count + 1)
            if before
            else Occurrence(about, reason, message, now, now)
        )
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def all(self) -> tuple[Occurrence, ...]:
        return tuple(self._kept.values())
