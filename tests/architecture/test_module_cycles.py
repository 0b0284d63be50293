"""Every module can be read with only what it imports in mind."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def cycle_in(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring, the first one again at the end; or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and for type checkers count too: they bind readers as well."""
    graph = grimp.build_graph("gossamer", include_external_packages=False)
    imports = {each: graph.find_modules_directly_imported_by(each) for each in graph.modules}
    assert cycle_in(imports) == []


@pytest.mark.parametrize(
    ("imports", "ring"),
    [({"a": {"b"}, "b": {"c"}}, 0), ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, 4)],
)
def test_a_ring_is_found(imports: dict[str, set[str]], ring: int) -> None:
    """The test above can fail."""
    assert len(cycle_in(imports)) == ring
