"""The demo's script: files found, shares read, the canary on time."""

from __future__ import annotations

from pathlib import Path

import pytest

import gossamer
from gossamer.cli.demo.demo_plan import calls, example, script, seen_since, step_at, weights
from gossamer.cli.error import CliError

PACKAGE = Path(gossamer.__file__).parent
FOLDER = example(PACKAGE)


def test_an_installation_without_the_example_says_what_to_do(tmp_path: Path) -> None:
    """Who has no checkout is told where the example comes from."""
    with pytest.raises(CliError, match="gossamer up"):
        example(tmp_path / "src" / "gossamer")


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


def test_seen_shares_are_those_since_the_move() -> None:
    """Calls of before a move do not count; versions that get none are not named."""
    rows = [
        {"source": "bookinfo/productpage-v1", "destination": d, "requests_total": n}
        for d, n in [("bookinfo/reviews-v1", 130), ("bookinfo/reviews-v2", 50), (None, 9)]
    ]
    now = calls(rows)
    assert now == {"v1": 130, "v2": 50}
    assert seen_since({"v1": 100, "v2": 50}, now) == {"v1": 1.0}
    assert seen_since(now, now) == {}
