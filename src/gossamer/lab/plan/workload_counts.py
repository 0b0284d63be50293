"""How far each workload's pods are: what a rollout waits for, and what `get deploy` counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.rollout import CurrentPod, Phase
from gossamer.model.origin import ObjectRef


class WorkloadCounts(Struct, frozen=True):
    """Of one workload: pods asked for, those there (ending ones left out), of them made from the
    current template, ready, and both; and those of a Job that have ended.
    """

    kind: str
    namespace: str
    name: str
    desired: int = 0
    current: int = 0
    updated: int = 0
    ready: int = 0
    updated_ready: int = 0
    succeeded: int = 0
    failed: int = 0


def workload_counts(
    planned: Iterable[PodPlan], current: Iterable[CurrentPod]
) -> tuple[WorkloadCounts, ...]:
    """Every workload that has pods or should have some; bare pods are none."""
    asked = {(plan.key, plan.template): plan for plan in planned if plan.owner != plan.ref}
    desired = Counter(plan.owner for plan in asked.values())
    counts: dict[ObjectRef, Counter[str]] = {owner: Counter() for owner in desired}
    for pod in current:
        if pod.plan.owner == pod.plan.ref or pod.phase is Phase.ENDING:
            continue
        updated = (pod.plan.key, pod.plan.template) in asked
        ended = pod.phase in (Phase.SUCCEEDED, Phase.FAILED)
        count = counts.setdefault(pod.plan.owner, Counter())
        count["current"] += not ended
        count["updated"] += updated
        count["ready"] += pod.ready
        count["updated_ready"] += updated and pod.ready
        count["succeeded"] += pod.phase is Phase.SUCCEEDED
        count["failed"] += pod.phase is Phase.FAILED
    return tuple(
        WorkloadCounts(owner.kind, owner.namespace, owner.name, desired[owner], **counts[owner])
        for owner in sorted(counts)
    )
