"""A CronJob's schedule: five fields, or a word such as @hourly, and the next time that it means.

Source: Kubernetes' CronJob, whose fields are those of cron(5): minute, hour, day of the month,
month, day of the week. Where both days are restricted, either is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = {
    3: dict(zip(_MONTHS, range(1, 13), strict=True)),
    4: dict(zip(_WEEKDAYS, range(7), strict=True)),
}
_LONGEST = 366 * 8 + 2  # days: a 29th of February may be eight years away
_ANY = ("*", "?")


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """The minutes, hours, days, months and weekdays (Sunday is 0) at which to run."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def next_after(self, moment: datetime) -> datetime | None:
        """The first whole minute after a moment that fits, in its time zone; None if none does."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for days in range(_LONGEST):
            day = (start + timedelta(days=days)).replace(hour=0, minute=0)
            if self._fits(day):
                next_time = next((each for each in self._times(day) if each >= start), None)
                if next_time is not None:
                    return next_time
        return None

    def _fits(self, day: datetime) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        either = self.any_day or self.any_weekday
        return day.month in self.months and (
            (of_month and of_week) if either else (of_month or of_week)
        )

    def _times(self, day: datetime) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield day.replace(hour=hour, minute=minute)


def read_schedule(text: str) -> CronSchedule | None:
    """The schedule that a text means; None where it means none."""
    fields = _WORDS.get(text.strip().lower(), text).split()
    if len(fields) != len(_BOUNDS):
        return None
    try:
        sets = [_values(field, at) for at, field in enumerate(fields)]
    except ValueError:
        return None
    any_day, any_weekday = (fields[at].split("/")[0] in _ANY for at in (2, 4))
    return CronSchedule(sets[0], sets[1], sets[2], sets[3], sets[4], any_day, any_weekday)


def _values(field: str, at: int) -> frozenset[int]:
    """The numbers of one field. Raises ValueError."""
    return frozenset(number for part in field.split(",") for number in _range(part, at))


def _range(part: str, at: int) -> range:
    span, slash, step = part.partition("/")
    low, high = _BOUNDS[at]
    first, dash, last = span.partition("-")
    if span not in _ANY:
        low, high = _number(first, at), _number(last if dash else first, at)
        if slash and not dash:
            high = _BOUNDS[at][1]
    width = int(step) if slash else 1
    if width < 1 or low > high:
        raise ValueError(part)
    return range(low, high + 1, width)


def _number(text: str, at: int) -> int:
    number = _NAMES.get(at, {}).get(text.lower(), -1)
    number = int(text) if number < 0 and text.isdigit() else number
    low, high = _BOUNDS[at]
    if not low <= number <= high:
        raise ValueError(text)
    return number
