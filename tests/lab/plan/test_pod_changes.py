"""`plan` says which pods would start, stop or restart: the end of a rollout, not its steps."""

from __future__ import annotations

from dataclasses import replace

from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.pod_changes import WorkloadChange, pod_changes
from gossamer.lab.plan.rollout import CurrentPod, Phase

WEB = ("Deployment", "shop", "web")
DB = ("StatefulSet", "shop", "db")


def web(template: str, count: int) -> list[PodPlan]:
    return [
        PodPlan("shop", f"web-{template}-{n}", "web", "Deployment", template, n)
        for n in range(count)
    ]


def database(template: str) -> PodPlan:
    return PodPlan("shop", "db-0", "db", "StatefulSet", template)


def running(*plans: PodPlan, phase: Phase = Phase.RUNNING) -> list[CurrentPod]:
    return [CurrentPod(plan, True, phase) for plan in plans]


def test_what_stays_is_not_told() -> None:
    """The same template and the same names: nothing happens to the workload."""
    plans = [*web("a", 2), database("a")]
    assert pod_changes(running(*plans), plans) == ()


def test_a_new_workload_starts_and_a_removed_one_stops() -> None:
    """Each with the pods' names."""
    assert pod_changes(running(database("a")), web("a", 1)) == (
        WorkloadChange(*WEB, starts=("shop/web-a-0",)),
        WorkloadChange(*DB, stops=("shop/db-0",)),
    )


def test_another_template_replaces_pods_or_restarts_them() -> None:
    """A Deployment's new pods have new names; a StatefulSet's come again under the old ones."""
    assert pod_changes(running(*web("a", 1), database("a")), [*web("b", 1), database("b")]) == (
        WorkloadChange(*WEB, starts=("shop/web-b-0",), stops=("shop/web-a-0",)),
        WorkloadChange(*DB, restarts=("shop/db-0",)),
    )


def test_fewer_replicas_stop_the_surplus() -> None:
    """Nothing else of the workload is touched."""
    (change,) = pod_changes(running(*web("a", 3)), web("a", 1))
    assert change == WorkloadChange(*WEB, stops=("shop/web-a-1", "shop/web-a-2"))


def test_a_pod_that_ends_is_gone_and_one_that_completed_stays() -> None:
    """A drained pod is replaced; a Job's pod that has done its work is not run again."""
    job = replace(database("a"), name="once-1", workload="once", kind="Job")
    ended = running(*web("a", 1), phase=Phase.ENDING)
    done = running(job, phase=Phase.SUCCEEDED)
    assert pod_changes([*ended, *done], [*web("a", 1), job]) == (
        WorkloadChange(*WEB, starts=("shop/web-a-0",)),
    )
