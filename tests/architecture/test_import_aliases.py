"""What is imported keeps its name, so that a reader and a search find it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("src", "tests", "bench", "tools") for path in (ROOT / folder).rglob("*.py")
)


def aliases(source: str) -> Iterator[str]:
    """Each import of a module's text that gives a thing another name, by its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in node.names:
                if name.asname not in (None, name.name):
                    yield f"line {node.lineno}: {name.name} as {name.asname}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_import_keeps_the_name(path: Path) -> None:
    """Where two names collide, ours is renamed, or a module is imported and the name qualified."""
    assert list(aliases(path.read_text())) == []


def test_an_alias_is_reported() -> None:
    """The test above can fail."""
    text = "import a\nfrom b import c, d as e\nimport f as g\nfrom h import i as i\n"
    assert list(aliases(text)) == ["line 2: d as e", "line 3: f as g"]
