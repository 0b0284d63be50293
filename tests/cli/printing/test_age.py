"""Ages in kubectl's letters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gossamer.cli.printing.age import age, short_duration

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 60, "3h1m"),
        (8 * HOUR, "8h"),
        (47 * HOUR, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + 3 * HOUR, "2d3h"),
        (8 * DAY, "8d"),
        (729 * DAY, "729d"),
        (2 * 365 * DAY, "2y"),
        (2 * 365 * DAY + 5 * DAY, "2y5d"),
        (9 * 365 * DAY, "9y"),
    ],
)
def test_a_duration_is_short(seconds: float, text: str) -> None:
    """The table of kubectl's own printer."""
    assert short_duration(seconds) == text


def test_an_age_is_counted_from_now() -> None:
    """What has no time has no age."""
    now = datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
    assert age("2026-01-01T00:00:00Z", now) == "90s"
    assert age("2026-01-01T00:00:00.250000Z", now) == "89s"
    assert age(None, now) == "<unknown>"
