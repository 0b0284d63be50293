"""Which runs of CronJobs there are: when the next is due, and what a due minute changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gossamer.lab.plan.cron.schedule import read_schedule
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.model.finding import Finding

CronRuns: TypeAlias = Mapping[str, tuple[int, ...]]
"""By NAMESPACE/NAME of a CronJob the minutes since 1970 of its runs, oldest first."""

IsBusy: TypeAlias = Callable[[str, int], bool]
_KEPT = 3
_EPOCH = datetime.fromtimestamp(0, UTC)
_MINUTE = timedelta(minutes=1)


def key_of(document: LabDocument) -> str:
    """NAMESPACE/NAME, by which runs are kept."""
    return f"{document.namespace}/{document.name}"


def job_name(cron: str, minute: int) -> str:
    """The name of the Job of one run, as Kubernetes gives it."""
    return f"{cron}-{minute}"


def next_due(documents: LabDocuments, now: datetime) -> datetime | None:
    """The minute at which a CronJob runs next."""
    moments = (_next(each, now) for each in documents.of("CronJob"))
    return min((moment for moment in moments if moment is not None), default=None)


def runs_after(
    runs: CronRuns, documents: LabDocuments, moment: datetime, is_busy: IsBusy
) -> CronRuns:
    """The runs that are kept once a minute has come; `is_busy` says which have not ended."""
    minute = (moment - _EPOCH) // _MINUTE
    kept = {}
    for document in documents.of("CronJob"):
        key = key_of(document)
        before = runs.get(key, ())
        due = _next(document, moment - _MINUTE) == moment
        kept[key] = _with_run(document, before, minute, is_busy) if due else before
    return kept


def _with_run(
    document: LabDocument, before: tuple[int, ...], minute: int, is_busy: IsBusy
) -> tuple[int, ...]:
    """With a run more, less those that are over and that nobody looks at any more."""
    policy = document.root.child("spec").text("concurrencyPolicy", "Allow")
    busy = tuple(each for each in before if is_busy(key_of(document), each))
    if minute in before or (policy == "Forbid" and busy):
        return before
    over = [each for each in before if each not in busy][-_KEPT:]
    running = () if policy == "Replace" else busy
    return (*sorted((*over, *running)), minute)


def _next(document: LabDocument, now: datetime) -> datetime | None:
    spec = document.root.child("spec")
    schedule, zone = read_schedule(spec.text("schedule")), _zone(spec.text("timeZone"))
    if schedule is None or zone is None or spec.truth("suspend"):
        return None
    moment = schedule.next_after(now.astimezone(zone))
    return moment.astimezone(UTC) if moment else None


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return None


def unread_schedules(documents: LabDocuments) -> Iterator[Finding]:
    """An error for each CronJob that never runs, because nobody can tell when."""
    for document in documents.of("CronJob"):
        spec = document.root.child("spec")
        text, zone = spec.text("schedule"), spec.text("timeZone")
        if read_schedule(text) is None:
            yield spec.finding(
                "schedule",
                f"{text!r} is not a schedule",
                "the CronJob never runs",
                'Write minute, hour, day, month and weekday, such as "*/5 * * * *", or @hourly',
                "invalid-field",
            )
        if _zone(zone) is None:
            yield spec.finding(
                "timeZone",
                f"{zone!r} is not a time zone of this machine",
                "the CronJob never runs",
                "Write one such as Europe/Berlin, or leave it out for UTC",
                "invalid-field",
            )
