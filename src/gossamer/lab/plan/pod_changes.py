"""Which pods a change of the documents would start, stop or restart, when all is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.rollout import CurrentPod, Phase

Workload = tuple[str, str, str]
"""Namespace, kind and name."""


class WorkloadChange(Struct, frozen=True):
    """The pods of one workload that would come, go, or come again under the same name."""

    kind: str
    namespace: str
    name: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()


def pod_changes(
    current: Iterable[CurrentPod], desired: Iterable[PodPlan]
) -> tuple[WorkloadChange, ...]:
    """The workloads whose pods would not stay as they are, by namespace, kind and name.

    A pod that ends already is gone; one that has completed is not run again.
    """
    now = _by_workload(pod.plan for pod in current if pod.phase is not Phase.ENDING)
    then = _by_workload(desired)
    every = sorted({*now, *then})
    changes = (_change(each, now.get(each, {}), then.get(each, {})) for each in every)
    return tuple(each for each in changes if each.starts or each.stops or each.restarts)


def _change(
    workload: Workload, now: Mapping[str, PodPlan], then: Mapping[str, PodPlan]
) -> WorkloadChange:
    both = now.keys() & then.keys()
    namespace, kind, name = workload
    return WorkloadChange(
        kind,
        namespace,
        name,
        starts=tuple(sorted(then.keys() - now.keys())),
        stops=tuple(sorted(now.keys() - then.keys())),
        restarts=tuple(sorted(key for key in both if now[key].template != then[key].template)),
    )


def _by_workload(plans: Iterable[PodPlan]) -> dict[Workload, dict[str, PodPlan]]:
    by_workload: dict[Workload, dict[str, PodPlan]] = {}
    for plan in plans:
        workload = plan.namespace, plan.kind, plan.workload
        by_workload.setdefault(workload, {})[plan.key] = plan
    return by_workload
