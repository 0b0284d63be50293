"""`traffic --watch` draws who calls whom, and lets the eye find what fails."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from gossamer.cli.pictures.traffic_picture import Past, picture, tree
from tests.cli.pictures.test_traffic import EDGES, edge


def drawn(rows: list[dict[str, Any]], width: int = 120, height: int = 40, note: str = "") -> str:
    console = Console(width=width, file=None, force_terminal=False)
    past = Past()
    past.note(rows)
    with console.capture() as said:
        console.print(picture(rows, past, width, height, note))
    return said.get()


def lines(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{branch.lead}{branch.name}" for branch in tree(rows)]


def test_calls_are_a_tree_below_those_whom_nobody_calls() -> None:
    """Each edge stands once, the busiest first, nobody reached by the name of the service."""
    rows = [*EDGES, edge("shop/gate", "shop/page", requests_per_second=99.0)]
    assert lines(rows) == [
        "shop/gate",
        "└─ shop/page",
        "   ├─ shop/reviews-v1",
        "   │  └─ shop/ratings",
        "   ├─ shop/reviews-v2",
        "   └─ (reviews.shop)",
    ]


def test_a_circle_of_calls_has_an_end() -> None:
    """Two that call each other, and one that calls itself, are each told once."""
    rows = [edge("a/a", "a/b"), edge("a/b", "a/a"), edge("a/c", "a/c")]
    assert lines(rows) == ["a/a", "└─ a/b", "   └─ a/a", "a/c", "└─ a/c"]


@pytest.mark.parametrize("width", [80, 120])
def test_names_and_numbers_find_room(width: int) -> None:
    """A narrow terminal does without the curve; the head sums up."""
    said = drawn(EDGES, width)
    assert "48.0 requests/s on 4 edges, 4 with failures" in said
    assert "shop/reviews-v2" in said
    assert {"12.0", "99.9%", "4ms", "1.5s", "1.2kB", "🔒"} <= set(said.split())
    assert ("█" in said) is (width == 120)


def test_more_edges_than_lines_are_counted() -> None:
    """What finds no room is told of, and so is what is wrong."""
    said = drawn([edge("a/a", f"a/b{at}") for at in range(50)], height=20, note="nobody answers")
    assert "and 36 lines more" in said
    assert said.rstrip().endswith("nobody answers")
    assert "no traffic was counted yet" in drawn([])


def test_a_curve_goes_with_its_edge() -> None:
    """It shows the last pictures, the newest at the right."""
    past = Past()
    for rate in (0.0, 5.0, 10.0):
        row = edge("a/a", "a/b", requests_per_second=rate)
        past.note([row])
    assert past.curve(row) == "▁▄█"
    past.note([])
    assert past.curve(row) == ""
