"""A log whose lines hold each other fast: no entry is changed, removed or slipped in unseen."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.process.json_lines.chained_log import START, ChainedLog, read_entries, verify
from gossamer.process.private_files import UnsafeFolder

Lines = list[bytes]


def written(path: Path, *names: str) -> ChainedLog:
    """A log with one entry for each name, as its writer holds it."""
    log = ChainedLog(path)
    log.append({"actor": name} for name in names)
    return log


def test_a_whole_log_is_whole(tmp_path: Path) -> None:
    """Over restarts of its writer too; it is nobody else's to read."""
    path = tmp_path / "log"
    written(path, "a", "b")
    head = written(path, "c").head
    assert (verify(path).lines, verify(path).head, verify(path).broken_line) == (3, head, None)
    assert [entry["actor"] for entry in read_entries(path)] == ["a", "b", "c"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_log_is_a_whole_one(tmp_path: Path) -> None:
    """Nothing was written, so nothing is missing."""
    assert verify(tmp_path / "none").head == START
    assert list(read_entries(tmp_path / "none")) == []


def _changed(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b'"b"', b'"x"'), *lines[2:]]


def _renumbered(lines: Lines) -> Lines:
    later = json.loads(lines[2]) | {"n": 2}
    return [lines[0], json.dumps(later, separators=(",", ":")).encode() + b"\n"]


FORGERIES: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "changed": (_changed, 2),
    "removed": (lambda lines: [lines[0], *lines[2:]], 2),
    "removed at the start": (lambda lines: lines[1:], 1),
    "renumbered": (_renumbered, 2),
    "repeated": (lambda lines: [*lines, lines[2]], 4),
    "exchanged": (lambda lines: [lines[0], lines[2], lines[1]], 2),
    "not JSON": (lambda lines: [lines[0], b"hello\n", *lines[1:]], 2),
    "another type": (lambda lines: [b"[]\n", *lines], 1),
}


@pytest.mark.parametrize(("forge", "line"), FORGERIES.values(), ids=FORGERIES.keys())
def test_the_first_forged_line_is_named(
    tmp_path: Path, forge: Callable[[Lines], Lines], line: int
) -> None:
    """Whatever was done to it, and also after its writer has gone on."""
    path = tmp_path / "log"
    written(path, "a", "b", "c")
    path.write_bytes(b"".join(forge(path.read_bytes().splitlines(keepends=True))))
    assert verify(path).broken_line == line
    written(path, "d")
    assert verify(path).broken_line == line


def test_a_torn_line_was_never_confirmed(tmp_path: Path) -> None:
    """What a kill left of the last line goes when the log is opened, and the chain is whole."""
    path = tmp_path / "log"
    written(path, "a", "b")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":3,"actor":"c')
    written(path, "d")
    assert [entry["actor"] for entry in read_entries(path)] == ["a", "b", "d"]
    assert verify(path).broken_line is None


def test_a_log_of_one_torn_line_begins_anew(tmp_path: Path) -> None:
    """Nothing of it was confirmed."""
    path = tmp_path / "log"
    path.write_bytes(b'{"n":1,')
    written(path, "a")
    assert (verify(path).lines, verify(path).broken_line) == (1, None)


def test_long_lines_are_gone_on_from(tmp_path: Path) -> None:
    """However long the last line is, its hash is found."""
    path = tmp_path / "log"
    written(path, "a", "b" * 200_000)
    written(path, "c")
    assert (verify(path).lines, verify(path).broken_line) == (3, None)


def test_no_value_begins_a_line(tmp_path: Path) -> None:
    """Whatever a caller calls itself, it is one entry."""
    path = tmp_path / "log"
    names = ['x"}\n{"n":2,"actor":"root"}', "a\u2028b", "\r\n\x00\x1b[2J"]
    written(path, *names)
    assert [entry["actor"] for entry in read_entries(path)] == names
    assert (verify(path).lines, verify(path).broken_line) == (3, None)
    assert path.read_bytes().count(b"\n") == 3
    assert not set(path.read_bytes()) & {0x0D, 0x00, 0x1B}


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    """Nobody turns the log's writer to a file of theirs."""
    (tmp_path / "log").symlink_to(tmp_path / "other")
    with pytest.raises(UnsafeFolder):
        written(tmp_path / "log", "a")


def test_what_could_not_be_written_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next entry follows the last one that was confirmed."""
    path = tmp_path / "log"
    log = written(path, "a")
    with monkeypatch.context() as full:
        full.setattr("os.fsync", _full)
        with pytest.raises(OSError, match="full"):
            log.append([{"actor": "b"}])
    log.append([{"actor": "c"}])
    assert [entry["actor"] for entry in read_entries(path)] == ["a", "c"]
    assert verify(path).broken_line is None


def _full(_: int) -> None:
    raise OSError(28, "the disk is full")
