"""A workload's pods are counted as kubectl counts them while a rollout goes on."""

from __future__ import annotations

from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.rollout import CurrentPod, Phase
from gossamer.lab.plan.workload_counts import WorkloadCounts, workload_counts


def pod(name: str, template: str = "new", kind: str = "Deployment") -> PodPlan:
    return PodPlan("shop", name, "web", kind, template)


def test_a_rollout_is_counted_by_template_and_readiness() -> None:
    """One new pod is ready, one is not, an old one still serves, another one is on its way out."""
    asked = [pod("web-1"), pod("web-2"), pod("web-3")]
    there = [
        CurrentPod(pod("web-1"), ready=True),
        CurrentPod(pod("web-2"), ready=False),
        CurrentPod(pod("web-8", "old"), ready=True),
        CurrentPod(pod("web-9", "old"), ready=False, phase=Phase.ENDING),
    ]
    assert workload_counts(asked, there) == (
        WorkloadCounts("Deployment", "shop", "web", 3, 3, 2, 2, 1),
    )


def test_a_job_counts_who_has_ended() -> None:
    """Completed pods are not there any more, but they count."""
    asked = [pod("web-1", kind="Job"), pod("web-2", kind="Job")]
    there = [
        CurrentPod(asked[0], ready=False, phase=Phase.SUCCEEDED),
        CurrentPod(asked[1], ready=False, phase=Phase.FAILED),
    ]
    (counts,) = workload_counts(asked, there)
    assert (counts.desired, counts.current) == (2, 0)
    assert (counts.succeeded, counts.failed) == (1, 1)


def test_a_bare_pod_is_no_workload() -> None:
    """It is its own owner."""
    alone = PodPlan("shop", "web", "web", "Pod", "t")
    assert workload_counts([alone], [CurrentPod(alone, ready=True)]) == ()
