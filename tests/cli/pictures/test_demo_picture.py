"""The demo is shown wherever it runs: drawn on terminals of any width, told in lines elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from gossamer.cli.demo.demo_plan import DemoStep
from gossamer.cli.pictures.demo_picture import LogPicture, Scene, demo_picture
from gossamer.cli.pictures.edge_table import amount, duration, percent
from gossamer.cli.pictures.traffic_picture import Past
from tests.cli.pictures.test_traffic import EDGES, edge

BEFORE = DemoStep(0, None, {"v1": 0.5, "v2": 0.5})
BUSY = [
    edge("istio-system/ingressgateway", "bookinfo/productpage-v1"),
    *(edge("bookinfo/productpage-v1", f"bookinfo/reviews-v{n}") for n in (1, 2, 3)),
    edge("bookinfo/productpage-v1", "bookinfo/details-v1"),
    *(edge(f"bookinfo/reviews-v{n}", "ratings/ratings-v1") for n in (2, 3)),
]
AFTER = DemoStep(5, Path("1-canary.yaml"), {"v1": 0.9, "v3": 0.1})


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=str)
def test_the_picture_fits_the_terminal(size: tuple[int, int]) -> None:
    """Names are whole, no line wraps, and none is below the lower edge."""
    lines = drawn(Scene(7, AFTER, {"v1": 36, "v3": 4}, BUSY, ""), size)
    assert len(lines) <= size[1]
    assert max(map(len, lines)) <= size[0]
    assert any("bookinfo/productpage-v1" in line for line in lines)
    assert "…" not in "".join(lines)


def test_what_is_seen_agrees_with_the_tree() -> None:
    """The canary's counts and the tree's rates are of the same time, and the titles say which."""
    lines = drawn(Scene(7, AFTER, {"v1": 36, "v3": 4}, BUSY, ""), (80, 24))
    assert any("90%" in line and line.split()[-1] == "36" for line in lines)
    assert any(line.startswith("traffic since then") for line in lines)


def test_counts_are_left_out_until_they_can_show_the_move() -> None:
    """Just after a move nothing is claimed; the tree says that it is of the last seconds."""
    lines = drawn(Scene(7, AFTER, None, BUSY, ""), (80, 24))
    assert sum("…" in line for line in lines) == 2
    assert any(line.startswith("traffic, last 10 s") for line in lines)


def drawn(scene: Scene, size: tuple[int, int]) -> list[str]:
    console = Console(width=size[0], height=size[1], force_terminal=False)
    with console.capture() as text:
        console.print(demo_picture("http://page", scene, Past(), size))
    return text.get().splitlines()


def test_lines_come_every_other_second_and_edges_when_the_canary_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log of the demo is short and still tells all moves."""
    with LogPicture("http://page") as lines:
        for elapsed in range(5):
            lines.show(Scene(elapsed, BEFORE, None, EDGES, ""))
        lines.show(Scene(5, AFTER, {"v1": 88, "v3": 12}, EDGES, "the plane is away"))
        lines.show(Scene(6, AFTER, {"v1": 88, "v3": 12}, EDGES, "the plane is away"))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "page: http://page"
    assert [line[:4] for line in said if "wanted" in line] == ["  0s", "  2s", "  4s", "  6s"]
    assert "canary: applied 1-canary.yaml" in said
    assert "seen v1 88% v3 12% of 100 requests; the plane is away" in said[-1]


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
