"""The demo is shown wherever it runs: drawn on terminals of any width, told in lines elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from gossamer.cli.demo.demo_plan import DemoStep
from gossamer.cli.pictures.demo_picture import LogPicture, Scene
from gossamer.cli.pictures.edge_table import amount, duration, percent, table
from tests.cli.pictures.test_traffic import EDGES

BEFORE = DemoStep(0, None, {"v1": 0.5, "v2": 0.5})
AFTER = DemoStep(5, Path("1-canary.yaml"), {"v1": 0.9, "v3": 0.1})


@pytest.mark.parametrize("width", [80, 200])
def test_names_are_whole_on_any_terminal(width: int) -> None:
    """A narrow terminal loses columns, never parts of names."""
    console = Console(width=width, record=True, quiet=False, file=None, force_terminal=False)
    with console.capture() as said:
        console.print(table(EDGES, width))
    assert "reviews-v2" in said.get()
    assert "…" not in said.get()


def test_lines_come_every_other_second_and_edges_when_the_canary_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log of the demo is short and still tells all moves."""
    with LogPicture("http://page") as lines:
        for elapsed in range(5):
            lines.show(Scene(elapsed, BEFORE, {}, EDGES, ""))
        lines.show(Scene(5, AFTER, {"v1": 0.88}, EDGES, "the plane is away"))
        lines.show(Scene(6, AFTER, {"v1": 0.88}, EDGES, "the plane is away"))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "page: http://page"
    assert [line[:4] for line in said if "wanted" in line] == ["  0s", "  2s", "  4s", "  6s"]
    assert "canary: applied 1-canary.yaml" in said
    assert "seen v1 88%; the plane is away" in said[-1]


def test_units() -> None:
    """Amounts, durations and shares as people write them."""
    assert [amount(n) for n in (0, 999, 1000, 2.5e6, 3e9, 4e12)] == [
        "0B",
        "999B",
        "1.0kB",
        "2.5MB",
        "3.0GB",
        "4.0TB",
    ]
    assert [duration(n) for n in (None, 0, 999, 1500)] == ["-", "0ms", "999ms", "1.5s"]
    assert [percent(n) for n in (None, 0, 0.99999, 1)] == ["-", "0.0%", "99.9%", "100%"]
