"""What `up` goes on showing: logs, what happens, and files that were saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gossamer.cli.foreground.feed import Happenings
from gossamer.cli.foreground.log_tails import LogTails, colour_of, shown_text
from gossamer.cli.foreground.saved_files import SavedFiles, half_saved
from gossamer.render.given import Inputs


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settled(saved: SavedFiles, clock: Clock, seconds: float) -> bool:
    """Whether a change is told after so long, having been seen at once."""
    assert not saved.settled_change()
    clock.now += seconds
    return saved.settled_change()


def test_a_saved_file_is_told_once_it_holds_still(tmp_path: Path, clock: Clock) -> None:
    """Not while it still moves, and not twice."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    saved = SavedFiles(Inputs((str(tmp_path),)), clock)
    assert not settled(saved, clock, 5)
    path.write_text("a: 10")
    assert not settled(saved, clock, 0.2)
    path.write_text("a: 100")
    assert settled(saved, clock, 0.5)
    assert not settled(saved, clock, 5)


def test_a_file_that_is_replaced_by_rename_is_saved(tmp_path: Path, clock: Clock) -> None:
    """As vim and others do, who leave a backup beside it for a moment."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    saved = SavedFiles(Inputs((str(path),)), clock)
    fresh = tmp_path / "a.yaml.tmp"
    fresh.write_text("a: 2")
    os.replace(fresh, path)
    assert settled(saved, clock, 0.5)


def test_a_missing_file_is_waited_for_longer(tmp_path: Path, clock: Clock) -> None:
    """It may be on its way; a file that is really gone is told after two seconds."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    saved = SavedFiles(Inputs((str(tmp_path),)), clock)
    path.unlink()
    assert not settled(saved, clock, 1)
    clock.now += 1.5
    assert saved.settled_change()


def test_what_editors_leave_lying_is_no_change(tmp_path: Path, clock: Clock) -> None:
    """Swap files, backups, locks."""
    (tmp_path / "a.yaml").write_text("a: 1")
    saved = SavedFiles(Inputs((str(tmp_path),)), clock)
    for name in (".a.yaml.swp", "a.yaml~", "#a.yaml#", ".#a.yaml", "4913.tmp"):
        (tmp_path / name).write_text("x")
    assert not settled(saved, clock, 5)


def test_an_emptied_file_is_half_of_a_save() -> None:
    """Editors truncate before they write; a file that was always empty is nothing new."""
    before = (("a", "kind: X"), ("b", ""), ("c", "kind: Y"))
    assert half_saved(before, (("a", " \n"), ("b", ""), ("c", "kind: Y"))) == ["a"]


def pod(log: Path, *, ready: bool = True, namespace: str = "default") -> dict[str, Any]:
    container = {"name": "app", "log": str(log), "ready": ready}
    return {
        "namespace": namespace,
        "name": "web-1",
        "workload": "web",
        "init_containers": [],
        "containers": [container],
    }


def test_whole_lines_are_shown_as_they_come(tmp_path: Path) -> None:
    """Half a line waits; a log that is replaced starts anew; what was before is passed by."""
    log, tails = tmp_path / "app.log", LogTails()
    log.write_text("before\n")
    assert not list(tails.lines([pod(log)]))
    with log.open("a") as more:
        more.write("one\ntw")
    assert [each.text for each in tails.lines([pod(log)])] == ["one"]
    with log.open("a") as more:
        more.write("o\n")
    assert [(each.label, each.text) for each in tails.lines([pod(log)])] == [("web-1", "two")]
    log.write_text("new\n")
    assert [each.text for each in tails.lines([pod(log)])] == ["new"]


def test_a_troubled_container_shows_its_last_words(tmp_path: Path) -> None:
    """Why it crashes stands in what it wrote before."""
    log = tmp_path / "app.log"
    log.write_text("no database\n")
    lines = list(LogTails().lines([pod(log, ready=False, namespace="shop")]))
    assert [(each.label, each.text) for each in lines] == [("shop/web-1", "no database")]


def test_an_applications_colours_end_with_its_line() -> None:
    """And it can do nothing else to a terminal that others write to."""
    raw = "\x1b[31mred\x1b[2J\x1b]0;title\x07"
    assert shown_text(raw, coloured=True) == "\x1b[31mred\\x1b[2J\\x1b]0;title\\x07\x1b[0m"
    assert shown_text(raw, coloured=False) == "red\\x1b[2J\\x1b]0;title\\x07"
    assert colour_of("web") == colour_of("web")


def test_crashes_and_ends_are_told_and_starts_are_not() -> None:
    """What the start showed is not told again."""
    happenings = Happenings()

    def line(**words: Any) -> str:
        return happenings.line({"event": "pod", "subject": "a/b", "phase": "running", **words})

    assert line(ready=True) == ""
    assert line(ready=False, reason="app: exited with status 1; starts again in 0 s") == (
        "pod a/b is not ready: app: exited with status 1; starts again in 0 s"
    )
    assert line(ready=False, reason="app: started, restarted 1 time") == ""
    assert line(ready=True) == "pod a/b is ready"
    assert line(ready=False, phase="succeeded") == "pod a/b has completed"
    assert line(gone=True) == "pod a/b is gone"
