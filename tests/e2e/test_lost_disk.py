"""The plane's disk fails under load: full, read-only, bytes flipped. Nothing served is touched,
changes are refused with the reason, nothing acknowledged is lost, and healing asks for nobody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.store.copy import set_aside
from tests.e2e.failures import config_map, full, kept, kill, kill_and_await, undisturbed, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SMALL

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting file systems needs root"),
]

URL = "http://web/status/200"
ROOM = 24 << 20


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Iterator[Lab]:
    """A client and what it calls; the plane's folder is a small file system of its own."""
    lab.up_text(SMALL)
    folder, before = lab.folder / "plane", lab.folder / "plane-before"
    lab.run("plane", "stop", "--name", lab.name)
    folder.rename(before)
    folder.mkdir(mode=0o700)
    _mount("-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "tmpfs", str(folder))
    try:
        shutil.copytree(before, folder, dirs_exist_ok=True)
        lab.run("plane", "start", "--name", lab.name)
        until(lambda: whole(lab))
        yield lab
        lab.run("plane", "stop", "--name", lab.name)
    finally:
        _unmount(folder)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)


def _refused(lab: Lab, text: str) -> str:
    done = lab.run("apply", "-f", "-", "--name", lab.name, input=text, ok=False)
    assert done.returncode == 1, done
    return done.stderr


def test_a_full_disk_refuses_changes_and_heals(mesh: Lab) -> None:
    """`apply` says that there is no room; what was applied is there after a restart on the full
    disk, and with room again the next change is taken."""
    with undisturbed(mesh, URL):
        mesh.apply(config_map("before-full"))
        with full(mesh.folder / "plane", ROOM):
            assert "Make room on its disk" in _refused(mesh, config_map("big", "x" * 500_000))
            assert "before-full" in kept(mesh)
            kill_and_await(mesh, "plane")
            until(lambda: whole(mesh))
            assert "before-full" in kept(mesh)
        mesh.apply(config_map("after-full"))
    assert {"before-full", "after-full"} <= kept(mesh)
    assert "big" not in kept(mesh)


def test_a_read_only_disk_stops_nothing(mesh: Lab) -> None:
    """A plane that starts on it says why it cannot; `apply` says that there is no plane; with the
    disk writable again all is well without help."""
    folder = mesh.folder / "plane"
    log = mesh.folder / "logs" / "plane.log"
    with undisturbed(mesh, URL):
        mesh.apply(config_map("before-read-only"))
        _mount("--bind", str(folder), str(folder))
        _mount("-o", "remount,bind,ro", str(folder))
        try:
            kill(mesh, "plane")
            until(lambda: "ead-only file system" in log.read_text())
            assert "is not answering" in _refused(mesh, config_map("lost"))
        finally:
            _unmount(folder)
        until(lambda: whole(mesh))
        mesh.apply(config_map("after-read-only"))
    assert {"before-read-only", "after-read-only"} <= kept(mesh)


@pytest.mark.parametrize("name", ["store.db", "store-copy.db"])
def test_flipped_bytes_lose_nothing(mesh: Lab, name: str) -> None:
    """Every page of one file and of its log is changed and the plane killed: it is back by itself
    with all that was acknowledged, takes changes, and says what it set aside."""
    folder = mesh.folder / "plane"
    with undisturbed(mesh, URL):
        mesh.apply(config_map(f"before-{name}"))
        _flip_each_page(folder / name)
        _flip_each_page(folder / f"{name}-wal")  # it would fix the pages that it has
        kill_and_await(mesh, "plane")
        until(lambda: whole(mesh))
        assert f"before-{name}" in kept(mesh)
        mesh.apply(config_map(f"after-{name}"))
    assert {f"before-{name}", f"after-{name}"} <= kept(mesh)
    told = mesh.run("check", "-v", "--name", mesh.name, ok=False).stdout
    assert bool(set_aside(folder)) == (name == "store.db") == ("was moved away" in told), told
    for path in set_aside(folder):
        path.unlink()


def _flip_each_page(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    for place in range(200, len(raw), 4096):
        raw[place] ^= 0xFF
    with path.open("r+b") as file:
        file.write(raw)
