"""Files for their owner alone: whole or the former one, whatever ends the writer."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gossamer.process.private_files import append_private, write_atomic, write_private

Write = Callable[[Path, str], None]
both = pytest.mark.parametrize("write", [write_private, write_atomic])


@pytest.fixture(autouse=True)
def careless_umask() -> Iterator[None]:
    """The user's umask forbids nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@both
def test_a_file_is_replaced_whole(tmp_path: Path, write: Write) -> None:
    """Mode 0600 even where a wider file stood; nothing else is left in the folder."""
    path = tmp_path / "a"
    path.write_text("former")
    path.chmod(0o644)
    write(path, "next")
    assert (path.read_text(), mode(path)) == ("next", 0o600)
    assert list(tmp_path.iterdir()) == [path]


@both
def test_a_link_is_replaced_and_not_followed(tmp_path: Path, write: Write) -> None:
    """What a link points at keeps its text."""
    other, path = tmp_path / "other", tmp_path / "a"
    other.write_text("theirs")
    path.symlink_to(other)
    write(path, "ours")
    assert (other.read_text(), path.read_text()) == ("theirs", "ours")
    assert not path.is_symlink()


@both
def test_a_write_that_fails_leaves_the_former_file(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the news, not what was there; no draft is left behind."""
    path = tmp_path / "a"
    path.write_text("former")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space"):
        write(path, "next")
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_must_survive_a_loss_of_power_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`write_private` synchronizes, before the name changes; `write_atomic` never waits."""
    seen: list[bool] = []
    path = tmp_path / "a"
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(path.exists()))
    write_private(path, "x")
    assert seen == [False]
    write_atomic(path, "y")
    assert seen == [False]


def test_lines_are_added_to_a_private_file(tmp_path: Path) -> None:
    """Made with mode 0600 at the first line; each is one write."""
    path = tmp_path / "ledger"
    append_private(path, b"one\n")
    append_private(path, b"two\n")
    assert (path.read_bytes(), mode(path)) == (b"one\ntwo\n", 0o600)
