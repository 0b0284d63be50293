"""What keeps a pod from starting: asked beforehand what is asked again when it starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.environment import PodFacts, resolve
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.lab.plan.pod.volumes import contents
from gossamer.model.finding import Finding

_NO_ADDRESSES = ("", "")


def lost_at_start(pods: Iterable[PodPlan], documents: LabDocuments) -> Iterator[Finding]:
    """Each ConfigMap, Secret and key that a pod needs and that does not exist, once a workload."""
    first = {(pod.kind, pod.namespace, pod.workload): pod for pod in reversed(tuple(pods))}
    for pod in sorted(first.values(), key=lambda each: each.key):
        yield from _of_pod(pod, documents)


def _of_pod(pod: PodPlan, documents: LabDocuments) -> Iterator[Finding]:
    facts = PodFacts(
        pod.namespace,
        pod.name,
        pod.service_account,
        pod.labels,
        pod.annotations,
        _NO_ADDRESSES,
    )
    for container in (*pod.init_containers, *pod.containers):
        yield from resolve(container.env, facts, documents).missing
    for volume in pod.volumes:
        yield from contents(volume, facts, documents).missing
