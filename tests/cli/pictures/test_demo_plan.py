"""The demo's script: files found, shares read, the canary on time."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.demo.demo_plan import (
    BOOKINFO,
    calls,
    script,
    shares,
    since,
    step_at,
    weights,
)
from tests.cli.pictures.test_traffic import edge

FOLDER = BOOKINFO


def test_a_timed_demo_moves_the_canary_by_quarters() -> None:
    """90/10 after one quarter, 50/50 after two, all after three."""
    steps = script(FOLDER, 20)
    assert [step.at for step in steps] == [0, 5, 10, 15]
    assert [dict(step.wanted) for step in steps[1:]] == [
        {"v1": 0.9, "v3": 0.1},
        {"v1": 0.5, "v3": 0.5},
        {"v3": 1.0},
    ]


def test_an_endless_demo_moves_it_every_quarter_of_a_minute() -> None:
    """Without an end the steps come at a pace that people can watch."""
    assert [step.at for step in script(FOLDER, None)] == [0, 15, 30, 45]


@pytest.mark.parametrize(("elapsed", "step"), [(0, 0), (4.9, 0), (5, 1), (14, 2), (99, 3)])
def test_the_step_of_a_moment(elapsed: float, step: int) -> None:
    """A step holds until the next one begins; the last one for good."""
    steps = script(FOLDER, 20)
    assert step_at(steps, elapsed) == steps[step]


def test_every_canary_file_gives_shares_of_one() -> None:
    """Whatever the files are changed to, their weights are shares."""
    for file in (FOLDER / "canary").glob("*.yaml"):
        assert sum(weights(file).values()) == pytest.approx(1)


def test_counts_and_rates_are_those_since_the_move() -> None:
    """Calls of before a move do not count; shares, counts and rates come of the same numbers."""
    before = [reviews("v1", 100, 1000), reviews("v2", 50, 500)]
    now = [reviews("v1", 118, 1180), reviews("v2", 50, 500), reviews("v3", 2, 20)]
    rows = since(before, now, 4)
    assert calls(rows) == {"v1": 18, "v2": 0, "v3": 2}
    assert shares(calls(rows)) == {"v1": 0.9, "v3": 0.1}
    assert [row["requests_per_second"] for row in rows] == [4.5, 0.0, 0.5]
    assert [row["sent_bytes_per_second"] for row in rows] == [45.0, 0.0, 5.0]
    assert [row["p50_ms"] for row in rows] == [row["p50_ms"] for row in now]


def test_no_calls_have_no_shares() -> None:
    """A version that got nothing is not named, and nothing is divided by zero."""
    rows = [reviews("v1", 100, 1000)]
    assert shares(calls(since(rows, rows, 0))) == {}


def reviews(version: str, requests: int, sent: int) -> dict[str, Any]:
    """The edge from the page to a version of reviews."""
    totals = {"requests_total": requests, "sent_bytes_total": sent}
    return edge("bookinfo/productpage-v1", f"bookinfo/reviews-{version}", **totals)
