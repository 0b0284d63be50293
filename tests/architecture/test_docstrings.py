"""Docstrings end, stand where Python finds them, and name fields that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gossamer"
MODULES = sorted(SOURCE.rglob("*.py"))
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_ENDS = re.compile(r"[.?!]\)?$|https?://\S+$")
_SUBJECT = re.compile(r"(?:^|[.;,]\s+|\band\s+)`([a-z_][a-z_0-9]*)`")
"""A name in backticks that begins a clause, so that the clause says what the field holds."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The docstrings of a module, its classes and functions, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def blocks(tree: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """Every list of statements, with the node that it belongs to."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield node, block


def is_text(statement: ast.stmt) -> bool:
    """Whether the statement is a string alone."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def orphans(tree: ast.AST) -> Iterator[int]:
    """Lines of strings that are no docstring and do not follow the value that they describe."""
    for node, block in blocks(tree):
        first = block[0] if isinstance(node, DOCUMENTED) and block else None
        described = isinstance(node, ast.Module | ast.ClassDef)
        for before, statement in zip((None, *block), block, strict=False):
            value = described and isinstance(before, ast.Assign | ast.AnnAssign)
            if is_text(statement) and statement is not first and not value:
                yield statement.lineno


def absent_fields(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a class with fields documents as one, and has not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
            own = {each.id for each in fields if isinstance(each, ast.Name)}
            methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            named = _SUBJECT.findall(ast.get_docstring(node) or "")
            yield from ((node.lineno, word) for word in named if own and word not in own | methods)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_docstrings_are_whole(path: Path) -> None:
    """No docstring breaks off, no string is left over, no field is described that is not there."""
    tree = ast.parse(path.read_text())
    assert [line for line, text in texts(tree) if not _ENDS.search(text.rstrip())] == []
    assert list(orphans(tree)) == []
    assert list(absent_fields(tree)) == []


def test_broken_docstrings_are_found() -> None:
    """A left-over string, a sentence without its end and an absent field are each recognised."""
    assert list(orphans(ast.parse('import os\n"""Left over."""\n'))) == [2]
    assert list(orphans(ast.parse('"""Module."""\nA = 1\n"""What A is."""\n'))) == []
    (text,) = (text for _, text in texts(ast.parse('"""It begins and"""\n')))
    assert not _ENDS.search(text)
    assert list(absent_fields(ast.parse('class A:\n  """One. `b` is it."""\n  c: int\n'))) == [
        (1, "b")
    ]
