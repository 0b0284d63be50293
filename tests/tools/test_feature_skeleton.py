"""`make feature WORD=x` lays a skeleton that is sound from its first minute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.feature import main, skeleton

ROOT = Path(__file__).parents[2]


def laid(root: Path, word: str) -> None:
    for path in skeleton(word):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    assert main(word, root) == 0


def test_the_skeleton_passes_lint_and_imports(tmp_path: Path) -> None:
    """Every file is formatted, linted and importable before a line of it is changed."""
    laid(tmp_path, "quiet_hours")
    for path, text in skeleton("quiet_hours").items():
        if path.suffix == ".py":
            compile(text, str(path), "exec")
            for command in (["check"], ["format", "--check"]):
                name = ["--stdin-filename", str(path), "-"]
                ruff = [sys.executable, "-m", "ruff", *command, *name]
                subprocess.run(ruff, check=True, cwd=ROOT, input=text, text=True)
    value = tmp_path / "src/gossamer/model/policies/quiet_hours.py"
    script = f"import runpy; print(runpy.run_path({str(value)!r})['QuietHours'].WORD)"
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "quiet_hours"


def test_it_names_what_is_to_be_filled_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows of the tables, and each file that they name is there."""
    laid(tmp_path, "quiet_hours")
    said = capsys.readouterr().out
    for row in ("ADDED", "FILTERS", "APPLY", "ORDER", "EXPLAINERS"):
        assert row in said
    named = [word.strip(",;") for word in said.split() if word.startswith("src/")]
    rows = [name for name in named if "quiet_hours" not in name]
    assert [name for name in rows if not (ROOT / name).exists()] == []


def test_what_stands_is_not_touched(tmp_path: Path) -> None:
    """A second run keeps what was written meanwhile."""
    laid(tmp_path, "quiet_hours")
    page = tmp_path / "docs/features/quiet_hours.md"
    page.write_text("mine")
    laid(tmp_path, "quiet_hours")
    assert page.read_text() == "mine"


@pytest.mark.parametrize("word", ["", "Cors", "../x", "a-b", "a__b"])
def test_only_a_word_is_taken(word: str, tmp_path: Path) -> None:
    """It becomes names of files, modules and classes."""
    assert main(word, tmp_path) == 2
    assert list(tmp_path.iterdir()) == []
