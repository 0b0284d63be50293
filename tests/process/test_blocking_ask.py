"""Asking a program of this host without an event loop."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gossamer.process.json_lines.ask import ask_process, asked
from tests.process.one_caller import says


def test_one_object_there_and_one_back(tmp_path: Path) -> None:
    """The first line is the answer."""
    with says(tmp_path / "s", b'{"text": "\xc3\xa9"}\n', b'{"more": 1}\n'):
        assert ask_process(tmp_path / "s", {"op": "echo"}) == {"text": "é"}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "hung up"),
        ((b"[]\n",), "not a JSON object"),
        ((b"\xff\n",), "not a JSON object"),
        ((b"[" * 100_000 + b"\n",), "not a JSON object"),
        ((b'{"a":' * 100_000 + b"\n",), "not a JSON object"),
    ],
)
def test_what_is_no_answer_is_an_error_of_the_connection(
    tmp_path: Path, lines: tuple[bytes, ...], reason: str
) -> None:
    """One kind of exception for all that can go wrong on the way, with the reason in it."""
    with (
        says(tmp_path / "s", *lines, hangs_up=True),
        pytest.raises(ConnectionError, match=reason),
    ):
        ask_process(tmp_path / "s", {"op": "echo"})


def test_nobody_there_is_told_at_once(tmp_path: Path) -> None:
    """As the kernel says it."""
    with pytest.raises(FileNotFoundError):
        ask_process(tmp_path / "s", {"op": "echo"})


def test_an_answer_within_seconds_or_none(tmp_path: Path) -> None:
    """A program that is silent is left."""
    path = tmp_path / "s"
    with says(path, b"{}\n"), asked(path, {"op": "echo"}, 0.1) as answers:
        assert answers.readline() == b"{}\n"
        with pytest.raises(TimeoutError):
            answers.readline()


def test_an_answer_before_a_moment_or_none(tmp_path: Path) -> None:
    """However many lines come before it."""
    path = tmp_path / "s"
    with says(path, b"{}\n"), asked(path, {"op": "echo"}) as answers:
        assert answers.readline(time.monotonic() + 60) == b"{}\n"
        with pytest.raises(TimeoutError):
            answers.readline(time.monotonic() + 0.1)


def test_a_line_without_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side must not choose how much memory a command takes."""
    monkeypatch.setattr("gossamer.process.json_lines.ask.LONGEST_LINE", 10)
    with says(tmp_path / "s", b'{"a": "xxxxxxxxxxxx'), pytest.raises(ConnectionError, match="10"):
        ask_process(tmp_path / "s", {"op": "echo"})


def test_asking_costs_no_event_loop() -> None:
    """Commands are short: they must not import what they do not run."""
    program = "import gossamer.process.json_lines.ask, sys; print('asyncio' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "False"
