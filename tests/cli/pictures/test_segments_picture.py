"""The matrix of who may call whom: rows with marks, and lines that fit."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.pictures.segments import matrix_lines, show_segments
from gossamer.cli.printing.segment_rows import (
    UNUSED,
    WOULD_BE_DENIED,
    marked_rows,
    observed_calls,
)


def pair(source: str, destination: str, extent: str) -> dict[str, Any]:
    place = {"object": "AuthorizationPolicy b/x", "file": "x.yaml", "line": 3, "field": ""}
    calls = ["port 80: GET /a*"] if extent == "some" else []
    return {
        "source": source,
        "destination": destination,
        "extent": extent,
        "calls": calls,
        "because": [place],
    }


def edge(source: str, destination: str | None, calls: int, mtls: bool = True) -> dict[str, Any]:
    return {"source": source, "destination": destination, "requests_total": calls, "mtls": mtls}


PAIRS = [pair("a", "b", "none"), pair("outside", "b", "all"), pair("c", "b", "some")]


def test_what_was_seen_stands_beside_what_is_allowed() -> None:
    """Calls without an identity are of outside; those that reached nobody count for nobody."""
    edges = [
        edge("a/web", "b/pay", 3),
        edge("a/job", "b/pay", 2),
        edge("a/web", "b/pay", 7, mtls=False),
        edge("a/web", None, 9),
    ]
    observed = observed_calls(edges, workloads=False)
    assert observed == {("a", "b"): 5, ("outside", "b"): 7}
    rows = marked_rows(PAIRS, observed, {})
    assert [row["mark"] for row in rows] == [WOULD_BE_DENIED, None, UNUSED]


def test_what_was_refused_already_would_not_be_denied_anew() -> None:
    """Only calls that were let in are in danger."""
    rows = marked_rows(PAIRS, {("a", "b"): 5}, {("a", "b"): 5})
    assert (rows[0]["mark"], rows[0]["refused_calls"]) == (None, 5)


def test_a_dozen_namespaces_fit_on_80_columns() -> None:
    """With names of usual length, and cut ones."""
    names = [f"team-{letter}-production-services-west" for letter in "abcdefghijkl"]
    rows = marked_rows([pair(s, d, "all") for s in names for d in names if s != d], {}, {})
    lines = matrix_lines(rows)
    assert max(map(len, lines)) <= 80
    assert len(lines) == 13


def test_people_are_told_what_to_look_at(capsys: pytest.CaptureFixture[str]) -> None:
    """The window, calls in danger with the line that refuses them, what some are."""
    rows = marked_rows(PAIRS, {("a", "b"): 5}, {})
    show_segments(
        {"level": "namespaces", "observed_since": 0.0, "observed_s": 120, "segments": rows}
    )
    words = capsys.readouterr().out
    assert "a to b, 5 calls" in words
    assert "x.yaml:3  AuthorizationPolicy b/x" in words
    assert "port 80: GET /a*" in words
    assert "(2 min)" in words


def test_names_of_others_do_not_reach_the_terminal_raw(capsys: pytest.CaptureFixture[str]) -> None:
    """Names are shown on one line, whatever is in them."""
    rows = marked_rows([pair("a\x1b[31m", "b\nc", "all")], {}, {})
    show_segments(
        {"level": "workloads", "observed_since": None, "observed_s": None, "segments": rows}
    )
    words = capsys.readouterr().out
    assert "\x1b" not in words
    assert "\nc" not in words


def test_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    """Said in words."""
    show_segments(
        {"level": "namespaces", "observed_since": None, "observed_s": None, "segments": []}
    )
    assert "no namespace has ports" in capsys.readouterr().out
