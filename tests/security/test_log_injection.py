"""What callers write into access logs is read as theirs, or not at all, and sent to no terminal."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.logs.failure_rows import hop_row
from gossamer.cli.pictures.failures import show_hops
from gossamer.envoy.access_log_line import parse_line
from gossamer.explain.failures.hops import LoggedCall

FORGED = 'x" "forged-id" "evil:80" "10.0.0.1:80" outbound|80||evil - - - - default'


def written(**fields: str) -> str:
    """A line of a proxy with these words of a caller in it."""
    words = {
        "path": "/",
        "agent": "curl",
        "id": "id-1",
        "host": "pay:80",
        "forwarded": "-",
    } | fields
    return (
        f'[2026-11-28T15:10:09.310Z] "GET {words["path"]} HTTP/1.1" 503 UH no_healthy_upstream - '
        f'"-" 0 19 0 - "{words["forwarded"]}" '
        f'"{words["agent"]}" "{words["id"]}" "{words["host"]}" "-" '
        "outbound|80||pay.shop.svc.cluster.local - 10.96.0.1:80 10.244.0.2:4000 - default\n"
    )


@pytest.mark.parametrize("field", ["path", "agent", "id", "host", "forwarded"])
@pytest.mark.parametrize("word", [FORGED, '"', "a\nb", 'a" "b'])
def test_no_word_of_a_caller_becomes_a_field(field: str, word: str) -> None:
    """A quote or line break too many, and the line is none."""
    assert parse_line(written()) is not None
    assert parse_line(written(**{field: word})) is None


@pytest.mark.parametrize("field", ["path", "id"])
def test_no_escape_reaches_the_terminal(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Control and bidirectional characters are shown, long words cut."""
    line = parse_line(written(**{field: "\x1b[2J\u202e" + "x" * 9000}))
    assert line is not None
    row: dict[str, Any] = hop_row(LoggedCall("shop/web", line), {})
    show_hops(line.request_id, [row])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert max(map(len, shown.splitlines())) < 400
