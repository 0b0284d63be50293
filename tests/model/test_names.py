"""Workloads are named for dashboards as Istio reads their labels."""

from __future__ import annotations

import pytest

from gossamer.model.workload.labels import labels
from gossamer.model.workload.workload_labels import UNNAMED, WorkloadLabels, workload_labels

CANONICAL = "service.istio.io/canonical"
KUBERNETES = "app.kubernetes.io"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, WorkloadLabels("", "", "web", "latest")),
        ({"app": "a", "version": "1"}, WorkloadLabels("a", "1", "a", "1")),
        (
            {f"{KUBERNETES}/name": "k", f"{KUBERNETES}/version": "2"},
            WorkloadLabels("", "", "k", "2"),
        ),
        (
            {f"{CANONICAL}-name": "c", f"{CANONICAL}-revision": "r", "app": "a"},
            WorkloadLabels("a", "r", "c", "r"),
        ),
    ],
)
def test_labels_give_names(said: dict[str, str], names: WorkloadLabels) -> None:
    """The canonical service is its workload where nothing else is said, its revision latest."""
    assert workload_labels(labels(said), "web") == names
    assert WorkloadLabels.of(str(names)) == names


def test_nothing_can_be_read_into_what_says_nothing() -> None:
    """A bar in a label parts no names, and what is no names says nothing."""
    assert WorkloadLabels.of(str(WorkloadLabels("a|b", "c"))) == WorkloadLabels("a_b", "c")
    assert WorkloadLabels.of("") == WorkloadLabels.of("a|b") == UNNAMED
