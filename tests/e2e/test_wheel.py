"""`pip install` is enough: the wheel holds all that a user runs; the same files, the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import ROOT, forget, new_home
from tools.wheel import build

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a wheel is built of a git checkout"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a new environment with the newest packages that the wheel allows."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run((sys.executable, "-m", "venv", folder), check=True)
    pip = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    done = subprocess.run((*pip, "install", wheel), capture_output=True, text=True, check=False)
    if done.returncode and not has_index(pip):
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "bin" / "gossamer"


def has_index(pip: tuple[Path | str, ...]) -> bool:
    """Whether any package can be asked for."""
    asked = (*pip, "index", "versions", "click")
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def run(command: Path, *words: str, home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The installed command, away from the checkout and from its Python path."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return subprocess.run(
        (command, *words),
        cwd=folder,
        env={**kept, "HOME": str(home), "GOSSAMER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_the_same_files_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """Whatever umask the second build has."""
    umask = os.umask(0o077)
    try:
        again = build(ROOT, tmp_path)
    finally:
        os.umask(umask)
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (wheel, again))
    assert first == second


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Outside the tree: the page is served, the canary ends where its last file says."""
    home = new_home()
    try:
        done = run(installed, "demo", "--for", "8s", home=home, folder=tmp_path)
    finally:
        forget(home)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "wanted v3 100%" in done.stdout
    assert "Try next:" in done.stdout


def test_examples_and_docs_are_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    """What the demo's end names is there: a copy that `analyze` accepts, and a page."""
    asked = {"home": tmp_path, "folder": tmp_path}
    assert run(installed, "examples", "bookinfo", "--copy", **asked).returncode == 0
    checked = run(installed, "analyze", "examples/bookinfo", **asked)
    assert checked.returncode == 0, checked.stdout
    page = run(installed, "docs", "lab", **asked)
    assert page.stdout == (ROOT / "docs" / "lab.md").read_text()
