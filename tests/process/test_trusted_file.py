"""A file on which trust rests is read only if nobody else could have written it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.process.trusted_file import UnfitFile, mark_of, read_trusted

LARGEST = 100
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def test_an_own_file_is_read_whole(tmp_path: Path) -> None:
    """Of up to the largest size, by links of one's own as Kubernetes makes them."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "roots.pem").write_bytes(b"x" * LARGEST)
    (tmp_path / "roots.pem").symlink_to(Path("..data") / "roots.pem")
    assert read_trusted(tmp_path / "roots.pem", LARGEST) == b"x" * LARGEST


def test_what_is_absent_is_no_fault(tmp_path: Path) -> None:
    """The caller tells it apart from what is there and bad."""
    with pytest.raises(FileNotFoundError):
        read_trusted(tmp_path / "roots.pem", LARGEST)
    assert mark_of(tmp_path / "roots.pem") is None


def _large(path: Path) -> None:
    path.write_bytes(b"x" * (LARGEST + 1))


def _open_to_all(path: Path) -> None:
    path.write_text("x")
    path.chmod(0o666)


def _in_a_folder_open_to_all(path: Path) -> None:
    path.write_text("x")
    path.parent.chmod(0o777)


def _sticky(path: Path) -> None:
    path.write_text("x")
    path.chmod(0o1666)


def _looping(path: Path) -> None:
    path.symlink_to(path.name)


def _to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_large, "is larger than 100 bytes"),
        (_open_to_all, r"can be written by others \(mode 0666\)"),
        (_in_a_folder_open_to_all, r"can be written by others \(mode 0777\)"),
        (_sticky, "can be written by others"),
        (_looping, "cannot be read: Too many levels"),
        (_to_a_device, "is not a regular file"),
        (Path.mkdir, "Is a directory"),
        (os.mkfifo, "is not a regular file"),
    ],
)
def test_what_cannot_be_believed_is_told_and_keeps_nobody_waiting(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    """A huge file, one that others write, a loop of links, a device, a folder, a pipe."""
    (tmp_path / "way").mkdir()
    path = tmp_path / "way" / "roots.pem"
    make(path)
    with pytest.raises(UnfitFile, match=why):
        read_trusted(path, LARGEST)


@needs_root
def test_a_file_or_link_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    """However private its mode is."""
    path, link = tmp_path / "roots.pem", tmp_path / "link.pem"
    path.write_text("x")
    link.symlink_to(path)
    os.chown(link, 65534, 65534, follow_symlinks=False)
    with pytest.raises(UnfitFile, match="is a symbolic link of user nobody"):
        read_trusted(link, LARGEST)
    os.chown(path, 65534, 65534)
    with pytest.raises(UnfitFile, match="belongs to user nobody"):
        read_trusted(path, LARGEST)


def test_each_version_has_a_mark_of_its_own(tmp_path: Path) -> None:
    """One of equal size and time that took the place of another too."""
    path = tmp_path / "roots.pem"
    path.write_text("one")
    first = mark_of(path)
    fresh = tmp_path / "fresh.pem"
    fresh.write_text("two")
    os.utime(fresh, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    fresh.replace(path)
    assert mark_of(path) not in (first, None)
