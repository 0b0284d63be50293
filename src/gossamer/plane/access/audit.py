"""The audit log: who did, or was refused, what to which object, and which fields changed.

Each object of a request is one line of a chained log (`process/json_lines/chained_log.py`). A line
is on disk before the change is in the store: there is no change without one. Should the store fail
then, a second line says so. What was unchanged, a dry run and an answered question leave no line;
what was refused does, up to so many a minute of one actor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gossamer.plane.access.actor import Actor
from gossamer.plane.access.editing import ObjectChange
from gossamer.plane.access.field_changes import field_changes
from gossamer.plane.api.access_shapes import AuditEntry, AuditLog
from gossamer.process.json_lines.chained_log import ChainedLog, read_entries, verify
from gossamer.process.shape import as_words, of_shape

AUDIT_LOG = "audit.jsonl"
"""The log's file in the plane's folder."""

REFUSALS_A_MINUTE = 60
"""So many refusals of one actor are written each minute; the next line counts the others."""

_LONGEST = 500


class Audit:
    """The audit log of one plane."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path, self._clock = path, clock
        self._log = ChainedLog(path)
        self._turn = asyncio.Lock()
        self._refused: dict[str, tuple[int, int]] = {}

    async def changes(self, actor: Actor, changes: Sequence[ObjectChange], outcome: str) -> None:
        """Write what somebody is about to change, or what failed. Raises OSError."""
        at = self._at()
        await self._write(
            [_entry(at, actor, each, outcome) for each in changes if each.before != each.after]
        )

    async def event(self, actor: str, verb: str, target: str) -> None:
        """Write something else that was done, such as a token that was made. Raises OSError."""
        await self._write([AuditEntry(self._at(), actor, verb, target[:_LONGEST], "done")])

    async def refused(
        self, actor: str, verb: str, reason: str, objects: Sequence[str] = ()
    ) -> None:
        """Write that somebody was refused, unless they were so often already."""
        minute = int(self._clock() // 60)
        last, count = self._refused.get(actor, (minute, 0))
        if last == minute and count >= REFUSALS_A_MINUTE:
            self._refused[actor] = (minute, count + 1)
            return
        untold = max(0, count - REFUSALS_A_MINUTE) if last != minute else 0
        self._refused = {
            each: (when, n) for each, (when, n) in self._refused.items() if when == minute
        }
        self._refused[actor] = (minute, count + 1 if last == minute else 1)
        entry = AuditEntry(
            self._at(),
            actor,
            verb,
            ", ".join(objects)[:_LONGEST],
            "refused",
            reason=reason[:_LONGEST],
            untold=untold,
        )
        await self._write([entry])

    async def read(self, last: int) -> AuditLog:
        """The last entries, and whether the whole log is as it was written."""
        async with self._turn:
            return await asyncio.to_thread(_read, self.path, last)

    async def _write(self, entries: Sequence[AuditEntry]) -> None:
        """One writer at a time; a slow disk keeps no proxy waiting."""
        if not entries:
            return
        async with self._turn:
            await asyncio.to_thread(self._log.append, [as_words(entry) for entry in entries])

    def _at(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")


def _read(path: Path, last: int) -> AuditLog:
    verdict, held = verify(path), deque(read_entries(path), maxlen=last)
    entries = [of_shape(each, AuditEntry) for each in held]
    return AuditLog(entries, verdict.lines, verdict.head, verdict.broken_line, verdict.reason)


def _entry(at: str, actor: Actor, change: ObjectChange, outcome: str) -> AuditEntry:
    fields, more = field_changes(change.before, change.after)
    return AuditEntry(
        at, actor.name, _verb(change), str(change.key), outcome, changes=fields, more=more
    )


def _verb(change: ObjectChange) -> str:
    if change.before is None:
        return "create"
    return "delete" if change.after is None else "update"
