"""Lines of a log by time, by count and by run."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gossamer.cli.error import CliError
from gossamer.cli.logs.lines import LineStyle, LineTimes, chosen, decorated, numbered
from gossamer.cli.logs.sources import LogSource, LogWish, sources_of
from gossamer.lab.home import LabFolder
from tests.cli.printing.pods import RUN, container, pod

LAB = LabFolder(Path("/lab"))
TEXT = b"one\ntwo\nthree\n"
MARKS = [(100.0, 4), (200.0, 14)]


def times() -> LineTimes:
    return LineTimes(lambda: MARKS)


def test_each_line_has_the_time_when_the_log_had_grown_over_it() -> None:
    """The first line was there at the first look, the others at the second."""
    clock = times()
    assert [clock.of(at).timestamp() for at, _ in numbered(io.BytesIO(TEXT), None)] == [
        100.0,
        200.0,
        200.0,
    ]


def test_what_no_look_has_seen_is_of_now() -> None:
    """A line that was written a moment ago is never too old for --since."""
    before = datetime.now(UTC)
    assert times().of(14) >= before


@pytest.mark.parametrize(
    ("since", "tail", "shown"),
    [
        (None, None, [b"one\n", b"two\n", b"three\n"]),
        (None, 1, [b"three\n"]),
        (None, 0, []),
        (datetime.fromtimestamp(150, UTC), None, [b"two\n", b"three\n"]),
        (datetime.fromtimestamp(150, UTC), 1, [b"three\n"]),
    ],
)
def test_lines_are_chosen(since: datetime | None, tail: int | None, shown: list[bytes]) -> None:
    """By time first, then the last ones."""
    lines = chosen(numbered(io.BytesIO(TEXT), None), times(), since, tail)
    assert [line for _, line in lines] == shown


def test_a_run_ends_where_the_next_begins() -> None:
    """Not one line of it is shown for the other."""
    assert [line for _, line in numbered(io.BytesIO(TEXT), 8)] == [b"one\n", b"two\n"]


def test_what_stands_before_a_line() -> None:
    """Pod and container, then the time; a last line gets its end."""
    source = LogSource("shop/web-1", "app", Path("/l"))
    line = decorated(source, (4, b"two"), times(), LineStyle(timestamps=True, prefix=True))
    assert line == b"[pod/web-1/app] 1970-01-01T00:03:20.000000Z two\n"
    assert decorated(source, (4, b"two"), times(), LineStyle()) == b"two"


def crashed(**words: Any) -> dict[str, Any]:
    first = {**RUN, "ended": "2026-01-01T00:00:01Z", "exit_status": 1}
    second = {**RUN, "log_offset": 9}
    return container(**{"restarts": 1, "run": second, "last_run": first, **words})


def test_the_run_before_of_a_container_that_runs_again() -> None:
    """From its own offset to that of the present run."""
    (source,) = sources_of(LAB, [pod(containers=[crashed()])], LogWish(previous=True))
    assert (source.start, source.end) == (0, 9)


def test_the_last_run_of_a_container_that_waits() -> None:
    """It is the last one that ended, up to the end of the log."""
    waiting = crashed(state="waiting")
    (source,) = sources_of(LAB, [pod(containers=[waiting])], LogWish(previous=True))
    assert (source.start, source.end) == (9, None)


@pytest.mark.parametrize(
    ("words", "wish", "told"),
    [
        ({}, LogWish(previous=True), "was not restarted"),
        ({}, LogWish("nope"), "has no container 'nope' so far; it has app"),
        ({"proxy": False}, LogWish(proxy=True), "has no proxy"),
        (
            {"containers": [], "status": "NoCommand", "reason": "no local command"},
            LogWish(),
            "waiting to start: NoCommand: no local command",
        ),
        ({"containers": [], "gateway": True}, LogWish(), "say --proxy"),
    ],
)
def test_why_there_is_no_log(words: dict[str, Any], wish: LogWish, told: str) -> None:
    """In words that say what to do."""
    with pytest.raises(CliError, match=told):
        sources_of(LAB, [pod(**words)], wish)
