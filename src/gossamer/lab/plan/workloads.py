"""Which pods the documents ask for: what Kubernetes' controllers would make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

from gossamer.lab.plan.cron.runs import job_name, unread_schedules
from gossamer.lab.plan.documents import LabDocument, LabDocuments, Stanza
from gossamer.lab.plan.gateways import gateway_pods
from gossamer.lab.plan.naming import suffix, template_hash
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.pod.pod import PodPlan, Strategy
from gossamer.lab.plan.pod.template import read_template
from gossamer.lab.plan.pod.volumes import read_claims
from gossamer.lab.plan.references.others import lost_by_others
from gossamer.lab.plan.references.pods import lost_by_pods
from gossamer.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Plan:
    """The pods that should run, by namespace and name, and what their authors should know."""

    pods: tuple[PodPlan, ...] = ()
    findings: tuple[Finding, ...] = ()


def plan_pods(documents: LabDocuments, settings: LabSettings) -> Plan:
    """Every pod of every workload, and a gateway for each Gateway that has none."""
    planned: list[PodPlan] = []
    findings: list[Finding] = []
    for document in documents.of(*_INSTANCES):
        if _has_owner(document):
            continue
        shape = _shape(document, settings)
        plan, remarks = read_template(_template(document), shape, documents, settings)
        claims, more = read_claims(document.root.child("spec"))
        plan = _ruled(replace(plan, volumes=(*plan.volumes, *claims)))
        planned += _INSTANCES[document.kind](document.root.child("spec"), plan, settings)
        findings += (*remarks, *more, *_no_command(document, plan))
    findings += (*unread_schedules(documents), *lost_by_pods(documents), *lost_by_others(documents))
    planned += gateway_pods(documents, planned, settings)
    planned.sort(key=lambda pod: (pod.namespace, pod.workload, pod.ordinal, pod.name))
    return Plan(tuple(planned), tuple(findings))


def _has_owner(document: LabDocument) -> bool:
    """Whether a controller made it, as in documents exported from a cluster."""
    return document.root.child("metadata").has("ownerReferences")


def _template(document: LabDocument) -> Stanza:
    if document.kind == "Pod":
        return document.root
    spec = document.root.child("spec")
    if document.kind == "CronJob":
        spec = spec.child("jobTemplate").child("spec")
    return spec.child("template")


def _shape(document: LabDocument, settings: LabSettings) -> PodPlan:
    spec = document.root.child("spec")
    backoff_limit = spec.number("backoffLimit", 6) if document.kind == "Job" else None
    return PodPlan(
        namespace=document.namespace,
        name=document.name,
        workload=document.name,
        kind=document.kind,
        template=_hash(document, settings),
        strategy=_strategy(document.kind, spec),
        subdomain=spec.text("serviceName"),
        backoff_limit=backoff_limit,
    )


def _hash(document: LabDocument, settings: LabSettings) -> str:
    template = _template(document)
    what: dict[str, Any] = {
        "labels": template.child("metadata").pairs("labels"),
        "annotations": template.child("metadata").pairs("annotations"),
        "spec": template.child("spec").value,
    }
    restarts = settings.restarts.get(f"{document.kind} {document.namespace}/{document.name}", 0)
    return template_hash({**what, "restarts": restarts} if restarts else what)


def _ruled(plan: PodPlan) -> PodPlan:
    """Pods are made anew when lab.yaml says otherwise what runs in them."""
    everyone = (*plan.init_containers, *plan.containers)
    rules = {container.name: container.rule for container in everyone if container.rule}
    if not rules:
        return plan
    return replace(plan, template=template_hash({"template": plan.template, "rules": rules}))


def replicas(spec: Stanza) -> int:
    """How many pods a workload asks for: one where it does not say."""
    return max(0, spec.number("replicas", 1))


def _strategy(kind: str, spec: Stanza) -> Strategy:
    if kind == "StatefulSet":
        return Strategy(spec.text("podManagementPolicy", "OrderedReady"), 0, 1)
    if kind != "Deployment":
        return Strategy("Recreate", 0, 1)
    stanza, count = spec.child("strategy"), replicas(spec)
    if stanza.text("type") == "Recreate":
        return Strategy("Recreate", 0, count)
    rolling = stanza.child("rollingUpdate")
    surge = _share(rolling.text("maxSurge", "25%"), count, ceil)
    unavailable = _share(rolling.text("maxUnavailable", "25%"), count, floor)
    return Strategy("RollingUpdate", surge or int(unavailable == 0), unavailable)


def _share(text: str, count: int, rounded: Callable[[float], int]) -> int:
    """A count, or a percentage of `count`."""
    number = text.removesuffix("%")
    if not number.isdigit():
        return 1
    return rounded(int(number) * count / 100) if text.endswith("%") else int(number)


def _hashed(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    labels = {**plan.labels, "pod-template-hash": plan.template}
    for index in range(replicas(spec)):
        name = f"{plan.workload}-{plan.template}-{_suffix(plan, settings, index)}"
        yield replace(plan, name=name, ordinal=index, labels=labels)


def _numbered(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    start = spec.child("ordinals").number("start", 0)
    for index in range(start, start + replicas(spec)):
        name = f"{plan.workload}-{index}"
        labels = {
            **plan.labels,
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(index),
        }
        yield replace(plan, name=name, hostname=name, ordinal=index, labels=labels)


def _copies(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    for index in range(replicas(spec)):
        name = f"{plan.workload}-{_suffix(plan, settings, index)}"
        yield replace(plan, name=name, ordinal=index)


def _one_per_host(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    yield replace(plan, name=f"{plan.workload}-{_suffix(plan, settings, 0)}")


def _to_completion(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    if spec.truth("suspend"):
        return
    strategy = Strategy("Job", max(1, spec.number("parallelism", 1)), 0)
    labels = {**plan.labels, "job-name": plan.workload, "batch.kubernetes.io/job-name": plan.name}
    for index in range(spec.number("completions", spec.number("parallelism", 1))):
        name = f"{plan.workload}-{_suffix(plan, settings, index)}"
        yield replace(plan, name=name, ordinal=index, labels=labels, strategy=strategy)


def _at_its_times(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    """The pods of each run of a CronJob, which is a Job of its own."""
    job = spec.child("jobTemplate").child("spec")
    for minute in settings.cron_runs.get(f"{plan.namespace}/{plan.workload}", ()):
        name = job_name(plan.workload, minute)
        limit = job.number("backoffLimit", 6)
        run = replace(plan, name=name, workload=name, kind="Job", backoff_limit=limit)
        yield from _to_completion(job, run, settings)


def _itself(spec: Stanza, plan: PodPlan, settings: LabSettings) -> Iterator[PodPlan]:
    yield plan


def _suffix(plan: PodPlan, settings: LabSettings, index: int) -> str:
    return suffix(settings.lab, plan.kind, plan.namespace, plan.workload, plan.template, index)


_INSTANCES: dict[str, Callable[[Stanza, PodPlan, LabSettings], Iterator[PodPlan]]] = {
    "Deployment": _hashed,
    "StatefulSet": _numbered,
    "ReplicaSet": _copies,
    "DaemonSet": _one_per_host,
    "ReplicationController": _copies,
    "Job": _to_completion,
    "CronJob": _at_its_times,
    "Pod": _itself,
}


def _no_command(document: LabDocument, plan: PodPlan) -> Iterator[Finding]:
    spec = _template(document).child("spec")
    stanzas = (*spec.children("initContainers"), *spec.children("containers"))
    fields = {stanza.text("name"): stanza.field("image") for stanza in stanzas}
    for container in (*plan.init_containers, *plan.containers):
        if container.argv is None:
            yield Finding(
                document.origin(fields[container.name]),
                container.reason.partition(";")[0],
                f"the pods of {plan.workload!r} do not become ready",
                container.reason.partition("; ")[2] or "Fix the command line",
                "no-local-command",
            )
