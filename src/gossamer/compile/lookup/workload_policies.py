"""The policies that are for a workload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.model import tables
from gossamer.model.assembly.visible import workload_policies
from gossamer.model.ids import ROOT_NAMESPACE
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy, label_cell

P = TypeVar("P")
Said = tuple[WorkloadPolicy, P]


def policies_of(read: TrackedLookup, namespace: str, labels: Labels) -> tuple[WorkloadPolicy, ...]:
    """What is said of workloads with these labels, narrowest first."""
    return workload_policies(read, Pod(namespace, "", "", (), labels))


def all_that_apply(read: TrackedLookup, kind: type[P], view: WorkloadView) -> Iterator[Said[P]]:
    """Every value of a kind that holds for a workload, where each adds to the others.

    Those of the root namespace first. They speak for the whole mesh, with a selector for the
    workloads anywhere that it selects, while of the kinds that the narrowest decides one with a
    selector speaks for its own namespace alone. One with targets holds for the workloads of those
    objects. Each is noted as deciding.
    """
    for home in dict.fromkeys((ROOT_NAMESPACE, view.namespace)):
        for policy in _of_home(read, home, view):
            value = policy.policies.get(kind)
            if value is not None and _holds(policy, view):
                read.decided(policy.object)
                yield policy, value


def _of_home(read: TrackedLookup, home: str, view: WorkloadView) -> Iterator[WorkloadPolicy]:
    """Those without selector, then by the labels that any policy selects: each once."""
    yield from read.lookup(tables.POLICIES_BY_LABEL, home) or ()
    for pair in view.labels:
        for policy in read.lookup(tables.POLICIES_BY_LABEL, label_cell(home, pair)) or ():
            if policy.selector[0] == pair and not policy.targets:
                yield policy


def _holds(policy: WorkloadPolicy, view: WorkloadView) -> bool:
    if policy.targets:
        return any((policy.namespace, target) in view.targets for target in policy.targets)
    return selects(policy.selector, view.labels)
