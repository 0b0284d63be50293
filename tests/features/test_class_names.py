"""One word, one thing: a public class name stands in one module."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import gossamer

HOUSE = Path(gossamer.__file__).parent


def _places() -> dict[str, list[str]]:
    """Public class name -> the modules that define one of that name."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(HOUSE.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(HOUSE)))
    return places


def test_a_class_name_means_one_thing() -> None:
    """A reader who knows a name from one room is not misled by it in another."""
    assert {name: modules for name, modules in _places().items() if len(modules) > 1} == {}
