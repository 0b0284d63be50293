"""The access file on disk, looked at again while the plane runs.

Changed, it is read once it has rested from one look to the next. Broken, its previous version stays
in effect, and the reason is reported; at the start there is none. Gone, its roles end: whoever
removes a file of rights means that. It is believed only if this user or root alone can write it
(`process/trusted_file.py`), as are the key sets beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin
from gossamer.plane.access.people.access_file import LARGEST_FILE, read_access_file
from gossamer.plane.access.people.rules import NO_RULES, AccessRules
from gossamer.plane.observed.observations import Observations
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog
from gossamer.process.trusted_file import Mark, UnfitFile, mark_of, read_trusted

LOOK_SECONDS = 2.0
SOURCE = "plane/access"
ACCESS_VARIABLE = "GOSSAMER_ACCESS"
"""Names the access file where `--access` does not."""


_log = EventLog("gossamer.plane")
_Marks = dict[Path, Mark | None]


class AccessSource:
    """The rules in force, and what is wrong with the file now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: _Marks = {}
        self._before: _Marks = {}
        self._beside: set[Path] = set()
        self.rules = NO_RULES
        self.findings: tuple[Finding, ...] = ()

    def look(self) -> bool:
        """Look at the disk, which may take its time; whether something is new."""
        marks = {path: mark_of(path) for path in (self._path, *sorted(self._beside))}
        moving, self._before = bool(self._before) and self._before != marks, marks
        if moving or marks == self._seen:
            return False
        former = self.rules, self.findings
        self._read()
        self._seen = {path: mark_of(path) for path in (self._path, *sorted(self._beside))}
        self._before = self._seen
        return (self.rules, self.findings) != former

    def _read(self) -> None:
        self._beside = set()
        try:
            raw = read_trusted(self._path, LARGEST_FILE)
        except FileNotFoundError:
            self.rules, self.findings = NO_RULES, ()
            return
        except UnfitFile as error:
            self.findings = (_unfit(self._path, str(error)),)
            return
        rules, self.findings = read_access_file(raw, str(self._path), self._read_beside)
        if not self.findings:
            self.rules = rules

    def _read_beside(self, name: str) -> bytes:
        path = self._path.parent / name
        self._beside.add(path)
        try:
            return read_trusted(path, LARGEST_FILE)
        except FileNotFoundError as error:
            raise ValueError("is not there") from error
        except UnfitFile as error:
            raise ValueError(str(error)) from error


async def follow_access(
    source: AccessSource, clock: Clock, news: Callable[[AccessSource], None]
) -> None:
    """Look at the file for ever, and tell of what is new."""
    while True:
        await clock.wait(LOOK_SECONDS)
        if await asyncio.to_thread(source.look):
            news(source)


def report_access(source: AccessSource, observations: Observations) -> None:
    """Say in the log, and among the findings, what holds and what is wrong."""
    _tell(observations, source.findings)
    if not source.findings:
        rules: AccessRules = source.rules
        _log.info("access-rules", roles=len(rules.assignments), issuers=len(rules.issuers))
    for each in source.findings:
        _log.warning(
            "access-file-unusable",
            file=each.origin.file,
            line=each.origin.line,
            reason=each.message,
            effect=each.effect,
            remedy=each.remedy,
        )


def _tell(observations: Observations, findings: Sequence[Finding]) -> None:
    """The first of them stands for the file; the log has all."""
    if findings:
        observations.fail(SOURCE, findings[0])
    else:
        observations.mend(SOURCE)


def _unfit(path: Path, why: str) -> Finding:
    return Finding(
        Origin(ObjectRef("AccessFile", "", str(path)), file=str(path)),
        f"the access file {why}",
        "nothing of it is used; its previous version stays in effect",
        "Give it to the user of the control plane or to root, and let no other user write it",
        "unusable-access-file",
    )
