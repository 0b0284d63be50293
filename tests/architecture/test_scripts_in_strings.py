"""Programs that stand in strings import what there is: no linter looks into them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_IMPORT = re.compile(r"^\s*from (gossamer[\w.]*) import (\w+(?:, ?\w+)*)", re.MULTILINE)
FOLDERS = ("src", "tests", "bench", "tools")


def imported(text: str) -> Iterator[tuple[str, str]]:
    """Module and name of each import in the strings of a source file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for module, names in _IMPORT.findall(node.value):
                yield from ((module, name) for name in re.split(r", ?", names))


def missing(text: str) -> list[str]:
    """Those that are not there."""
    return [f"{module}.{name}" for module, name in imported(text) if not _is_there(module, name)]


def _is_there(module: str, name: str) -> bool:
    try:
        if hasattr(importlib.import_module(module), name):
            return True
        importlib.import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


def test_what_scripts_import_is_there() -> None:
    """A rename that passes by a string breaks the one machine that runs it."""
    files = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    found = {str(path.relative_to(ROOT)): missing(path.read_text()) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_name_that_is_gone_is_found() -> None:
    """The test above can fail."""
    good = "from gossamer.lab import preflight"
    gone = good.replace("preflight", "no_such")
    assert missing(f'A = """\n{good}\n{gone}\n"""') == ["gossamer.lab.no_such"]
