"""Workloads are named for dashboards as Istio reads their labels."""

from __future__ import annotations

import pytest

from gossamer.model.labels import labels
from gossamer.model.names import UNNAMED, Names, names_by

CANONICAL = "service.istio.io/canonical"
KUBERNETES = "app.kubernetes.io"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, Names("", "", "web", "latest")),
        ({"app": "a", "version": "1"}, Names("a", "1", "a", "1")),
        ({f"{KUBERNETES}/name": "k", f"{KUBERNETES}/version": "2"}, Names("", "", "k", "2")),
        (
            {f"{CANONICAL}-name": "c", f"{CANONICAL}-revision": "r", "app": "a"},
            Names("a", "r", "c", "r"),
        ),
    ],
)
def test_labels_give_names(said: dict[str, str], names: Names) -> None:
    """The canonical service is its workload where nothing else is said, its revision latest."""
    assert names_by(labels(said), "web") == names
    assert Names.of(str(names)) == names


def test_nothing_can_be_read_into_what_says_nothing() -> None:
    """A bar in a label parts no names, and what is no names says nothing."""
    assert Names.of(str(Names("a|b", "c"))) == Names("a_b", "c")
    assert Names.of("") == Names.of("a|b") == UNNAMED
