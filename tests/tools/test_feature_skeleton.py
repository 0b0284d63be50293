"""`make feature WORD=x` lays a skeleton that is sound from its first minute."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.feature import main, skeleton

ROOT = Path(__file__).parents[2]
NEEDED = ("src/gossamer", "tests/features", "docs")
TESTS = [
    f"tests/features/test_{name}.py"
    for name in ("features_are_whole", "features_are_explained", "goldens")
]
"""Not the pages: the field of the made-up word is none of Istio's, and an example may have none."""
LISTS = {
    "src/gossamer/dialects/istio/virtual_service/virtual_service.py": (
        "ADDED: Mapping[tuple[str, ...], Callable[[Fields, str], Policy | None]] = {\n",
        '    ("quietHours",): lambda rule, _: read_quiet_hours(rule),\n',
        (("dialects.istio.virtual_service.policies", "read_quiet_hours"),),
    ),
    "src/gossamer/compile/routes/entry.py": (
        "APPLY: Mapping[type, PolicyStep] = {\n",
        "    QuietHours: PolicyStep(lambda route, value, _: apply_quiet_hours(route, value)),\n",
        (("compile.routes.policies", "apply_quiet_hours"), ("model.policies", "QuietHours")),
    ),
}
"""The files that are edited: where a row is added, the row, and what it imports from where."""


def laid(root: Path, word: str) -> None:
    assert main(word, root) == 0


def add_rows(root: Path) -> None:
    for name, (head, row, imported) in LISTS.items():
        text = (root / name).read_text()
        assert text.count(head) == 1
        future = "from __future__ import annotations\n"
        lines = "".join(f"from gossamer.{room}.quiet_hours import {it}\n" for room, it in imported)
        text = text.replace(head, head + row).replace(future, future + lines, 1)
        (root / name).write_text(text)


def features_tested(root: Path, word: str) -> subprocess.CompletedProcess[str]:
    """The tests of features that are about this word, in that copy."""
    command = ["-m", "pytest", *TESTS, "-k", word, "--bless", "-p", "no:cacheprovider"]
    variables = {**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}", "COLUMNS": "200"}
    variables.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_two_rows_the_skeleton_is_a_feature(tmp_path: Path) -> None:
    """Read, compiled, explained, shown and documented in one dialect: new files, and a row in two
    that were there. Without the rows its tests fail, for they say what is missing."""
    for name in NEEDED:
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    laid(tmp_path, "quiet_hours")
    without = features_tested(tmp_path, "quiet_hours")
    assert without.returncode == 1, without.stdout + without.stderr
    assert "test_explained_call" in without.stdout
    add_rows(tmp_path)
    done = features_tested(tmp_path, "quiet_hours")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    written = (tmp_path / "tests/features/quiet_hours/istio.out.yaml").read_text()
    assert "quiet_hours: true" in written


@pytest.mark.parametrize("word", ["cors", "fault"])
def test_three_files_that_were_there_name_a_feature(word: str) -> None:
    """One a dialect, and the compiler's: the rest of the house finds it by its word or type."""
    named = re.compile(rf"^from gossamer\.[a-z_.]*\b{word} import |^    {word},$", re.MULTILINE)
    files = (ROOT / "src/gossamer").rglob("*.py")
    naming = {
        path.stem for path in files if _is_a_list(path, word) and named.search(path.read_text())
    }
    assert naming <= {"virtual_service", "filters", "chain"}


def _is_a_list(path: Path, word: str) -> bool:
    """Not one of the feature's own files, nor one that only borrows a function of a neighbour."""
    return path.stem not in (word, "cross_origin", "route_walk", "http_walk")


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
    for row in ("ADDED", "FILTERS", "APPLY", "ORDER", "EXPLAINER"):
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
