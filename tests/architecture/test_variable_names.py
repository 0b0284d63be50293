"""A variable is called what it holds, by a noun that fits the place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gossamer

SOURCE = Path(gossamer.__file__).parent
NOT_NOUNS = {"found", "made", "said", "told", "word"}
"""They say how a value came about, or nothing; `listener` or `findings` says what it is."""


def misnamed(source: str) -> Iterator[str]:
    """Each variable and parameter of a module's text with such a name; fields are not meant."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                for each in ast.walk(node):
                    yield from (f"line {line}: {name}" for name, line in _named(each))


def _named(node: ast.AST) -> Iterator[tuple[str, int]]:
    match node:
        case ast.Name(id=name, ctx=ast.Store(), lineno=line) | ast.arg(arg=name, lineno=line):
            if name in NOT_NOUNS:
                yield name, line


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_variables_are_nouns(path: Path) -> None:
    """Nobody has to read a function's body to learn what a name in it stands for."""
    assert list(misnamed(path.read_text())) == []


def test_such_a_name_is_reported() -> None:
    """The test above can fail."""
    text = "class A:\n    word: str\n\ndef f(told):\n    found = [made for made in told]\n"
    assert len(list(misnamed(text))) == 3
