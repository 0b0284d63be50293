"""What a lab keeps is kept in folders of its user's alone, in nobody's power and readable by nobody
else; and what holds Secrets ends with the lab."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gossamer.lab.files import Files
from gossamer.lab.start import LabError, attach, start, stop
from gossamer.process.ownership import check_way
from gossamer.process.private_files import UnsafeFolder, open_private, private_folder, write_private
from tests.e2e.lab_under_test import Lab, forget, new_home
from tests.security.walled_lab import SOMEBODY

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes folders of others")

POD_WITH_A_SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: pin}
stringData: {pin: the-very-secret-4711}
---
apiVersion: v1
kind: Pod
metadata: {name: holder-of-it}
spec:
  containers:
  - name: app
    image: busybox
    command: [sleep, infinity]
    volumeMounts: [{name: pin, mountPath: /etc/pin}]
  volumes: [{name: pin, secret: {secretName: pin}}]
"""


def foreign(folder: Path) -> None:
    """Another user made the lab's folder before us."""
    folder.mkdir(parents=True)
    os.chown(folder, SOMEBODY, SOMEBODY)


def foreign_parent(folder: Path) -> None:
    """The folder is ours, and lies in another user's."""
    folder.mkdir(parents=True)
    os.chown(folder.parent, SOMEBODY, SOMEBODY)


def open_parent(folder: Path) -> None:
    """Everybody may write to the folder in which ours will be."""
    folder.parent.mkdir(parents=True)
    folder.parent.chmod(0o777)


def open_to_a_group(folder: Path) -> None:
    """So may a group of several users."""
    folder.parent.mkdir(parents=True)
    os.chown(folder.parent, 0, 100)
    folder.parent.chmod(0o775)


def link(folder: Path) -> None:
    """A symbolic link stands where the lab's folder would be made."""
    folder.parent.mkdir(parents=True)
    folder.symlink_to(_precious(folder))


def foreign_link_on_the_way(folder: Path) -> None:
    """A parent is another user's symbolic link."""
    folder.parent.parent.mkdir(parents=True)
    folder.parent.symlink_to(_precious(folder))
    os.chown(folder.parent, SOMEBODY, SOMEBODY, follow_symlinks=False)


def file(folder: Path) -> None:
    """It is no folder at all."""
    folder.parent.mkdir(parents=True)
    folder.write_text("x")


def _precious(folder: Path) -> Path:
    target = folder.parents[2] / "precious"
    target.mkdir()
    (target / "thesis").write_text("years of work")
    return target


MADE = (foreign, foreign_parent, foreign_link_on_the_way, open_to_a_group)
PREPARED = [
    *(pytest.param(make, marks=needs_root, id=make.__name__) for make in MADE),
    *(pytest.param(make, id=make.__name__) for make in (open_parent, link, file)),
]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path short enough for Unix sockets."""
    home = new_home()
    yield home
    forget(home)


@pytest.mark.parametrize("command", ["up", "down", "attach"])
@pytest.mark.parametrize("prepare", PREPARED)
def test_a_prepared_folder_is_refused(
    short: Path, prepare: Callable[[Path], None], command: str
) -> None:
    """Nothing is started, emptied, believed or signalled; the message names place and reason."""
    home = short / "state"
    folder = home / "labs" / "trap"
    prepare(folder)
    act: dict[str, Callable[[], object]] = {
        "up": lambda: start("trap", Files(), home),
        "down": lambda: stop("trap", home),
        "attach": lambda: attach("trap", home),
    }
    with pytest.raises(LabError, match=r"others could read or replace .* choose another folder"):
        act[command]()
    thesis = short / "precious" / "thesis"
    assert not thesis.parent.exists() or thesis.read_text() == "years of work"
    assert not folder.is_dir() or list(folder.iterdir()) in ([], [folder / "thesis"])


def test_the_usual_folders_are_accepted(tmp_path: Path) -> None:
    """In a sticky folder of root's, by a link of one's own, and where nothing is yet."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "state").symlink_to("disk")
    made = private_folder(tmp_path / "state" / "labs" / "one")
    assert made.is_dir()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent)]
    assert modes == [0o700, 0o700]
    check_way(made)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    """Links that lead to each other are no folder."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UnsafeFolder, match="is not a folder"):
        check_way(tmp_path / "a" / "labs")


def test_private_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """With umask 0 as with any; a log that was readable before is not any more."""
    (tmp_path / "old.log").touch(mode=0o644)
    before = os.umask(0)
    try:
        write_private(tmp_path / "input.json", "{}")
        for name in ("old.log", "new.log"):
            open_private(tmp_path / name).close()
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"input.json": 0o600, "old.log": 0o600, "new.log": 0o600}


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    """Neither to append to, nor by way of the file that is written beside it first."""
    precious = tmp_path / "precious"
    precious.write_text("years of work")
    (tmp_path / "lab.lock").symlink_to(precious)
    (tmp_path / f".input.json.{os.getpid()}").symlink_to(precious)
    with pytest.raises(UnsafeFolder, match="is a symbolic link"):
        open_private(tmp_path / "lab.lock")
    write_private(tmp_path / "input.json", "secret")
    assert precious.read_text() == "years of work"
    assert not (tmp_path / "input.json").is_symlink()


@pytest.mark.e2e
@pytest.mark.parametrize("ends", ["by down", "by a kill"])
def test_no_secret_outlives_a_lab(ends: str) -> None:
    """While it runs all that it keeps is its user's alone, with umask 0 too; after `down`, clean or
    after a SIGKILL of the holder, no file has the Secret in it, and the logs are there."""
    home = new_home()
    lab = Lab("brief", home)
    before = os.umask(0)
    try:
        lab.up_text(POD_WITH_A_SECRET)
        kept = [path for path in lab.folder.rglob("*") if _ours(path, lab.folder)]
        open_ones = {str(path) for path in kept if path.lstat().st_mode & 0o077}
        assert {path for path in open_ones if not path.endswith("/root")} == set()
        assert not (lab.folder / "input.json").exists()
        if ends == "by a kill":
            os.kill(int((lab.folder / "lab.json").read_text().split('"pid": ')[1].split(",")[0]), 9)
        lab.down()
        left = [path for path in lab.folder.rglob("*") if path.is_file()]
        assert [path for path in left if b"the-very-secret-4711" in path.read_bytes()] == []
        assert {"plane.log", "holder.log"} <= {path.name for path in left}
    finally:
        os.umask(before)
        lab.down()
        forget(home)


def _ours(path: Path, folder: Path) -> bool:
    """Whether a path is one that others could reach: not below a folder that is closed to them."""
    below = path.relative_to(folder).parts
    shown_to_pods = below[0] in ("pods", "bin")
    return not path.is_symlink() and not shown_to_pods
