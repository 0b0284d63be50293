"""One word, one thing: a public class name stands in one module, but for a list that shrinks."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import gossamer

HOUSE = Path(gossamer.__file__).parent
ALLOWED = frozenset(("Container", "Documents", "Route", "ServicePort"))
"""Names that several modules still share. Take away, never add: find a field's word instead."""


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
    shared = {name: at for name, at in _places().items() if len(at) > 1}
    assert {name: at for name, at in shared.items() if name not in ALLOWED} == {}


def test_the_list_only_shrinks() -> None:
    """A name that is no longer shared leaves the list, and can't come back unseen."""
    shared = {name for name, at in _places().items() if len(at) > 1}
    assert ALLOWED - shared == frozenset()
