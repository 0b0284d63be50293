"""How a log has grown is noted, bounded, and begun anew with a new file."""

from __future__ import annotations

from pathlib import Path

from gossamer.lab.holder.pods.log_times import MOST_MARKS, LogTimes


def test_growth_is_noted_and_nothing_else(tmp_path: Path) -> None:
    """A log that did not grow gets no mark; one that was begun anew loses the old ones."""
    path, times = tmp_path / "app.log", LogTimes()
    for text in ("", "one\n", "one\n", "one\ntwo\n", "x\n"):
        path.write_text(text)
        times.look([path])
    assert [size for _, size in times.of(path)] == [2]
    path.write_text("x\ny\n")
    times.look([path])
    assert [size for _, size in times.of(path)] == [2, 4]


def test_the_marks_of_a_log_are_bounded(tmp_path: Path) -> None:
    """A talkative container costs no memory; its old lines have coarser times."""
    path, times = tmp_path / "app.log", LogTimes()
    with path.open("a") as log:
        for _ in range(MOST_MARKS + 100):
            log.write("x\n")
            log.flush()
            times.look([path])
    assert len(times.of(path)) <= MOST_MARKS
    assert times.of(path)[-1][1] == path.stat().st_size


def test_a_log_of_nobody_is_forgotten(tmp_path: Path) -> None:
    """What a gone pod wrote is not kept in memory."""
    path, times = tmp_path / "app.log", LogTimes()
    path.write_text("one\n")
    times.look([path])
    times.look([])
    assert times.of(path) == []
