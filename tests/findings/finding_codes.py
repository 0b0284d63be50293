"""Every code of a finding that the sources emit, collected by reading them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import gossamer

_ROOT = Path(gossamer.__file__).parent
# Where `code` stands among the positions of what makes findings.
_CONSTRUCTORS = {
    "Finding": 4,
    "DocumentRefused": 1,
    "report": 5,
    "finding": 4,
}
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def emitted() -> dict[str, str]:
    """Code -> a file that emits it."""
    found: dict[str, str] = {}
    for path in sorted(_ROOT.rglob("*.py")):
        if _speaks_of_findings(path.read_text()):
            for code in filter(_CODE.fullmatch, _codes(ast.parse(path.read_text()))):
                found.setdefault(code, str(path.relative_to(_ROOT)))
    return found


def _speaks_of_findings(text: str) -> bool:
    return (
        "Finding" in text or ".report(" in text or "DocumentRefused(" in text or ".finding(" in text
    )


def _codes(tree: ast.Module) -> Iterator[str]:
    positions = {**_CONSTRUCTORS, **dict(_takers(tree))}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == "code":
                yield from _words(keyword.value)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
        at = positions.get(name)
        if at is not None and len(node.args) > at:
            yield from _words(node.args[at])


def _takers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions of this module with a parameter `code`, and its place in a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [arg.arg for arg in node.args.args if arg.arg != "self"]
            if "code" in names and node.name != "__init__":
                yield node.name, names.index("code")


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _words(node: ast.expr) -> Iterator[str]:
    """The constants that an expression can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
