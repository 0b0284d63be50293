"""Policies for the workloads of named objects: objects that are not there, or have no proxy."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.gateway_index import all_gateways, gateway_pods
from gossamer.compile.lookup.targets import GATEWAY_CLASS
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, service_host
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.traffic.service import Service
from gossamer.model.workload.workload_policy import PolicyTarget, WorkloadPolicy

_GATEWAYS = ("Gateway", GATEWAY_CLASS)


def unenforced_targets(
    read: TrackedLookup, subject: Subject, policy: WorkloadPolicy
) -> Iterator[Finding]:
    """A target without any proxy that could enforce the policy."""
    for number, target in enumerate(policy.targets):
        if not _enforced(read, policy.namespace, target):
            yield Finding(
                subject.at(f"spec.targetRefs[{number}]", "spec.targetRef"),
                f"no proxy serves {target.kind} {policy.namespace}/{target.name}, or there is none",
                "nothing enforces the policy for it",
                "Name an object whose pods have a proxy; calls to hosts outside the mesh are not "
                "judged by it",
                "no-effect",
                Severity.WARNING,
            )


def _enforced(read: TrackedLookup, namespace: str, target: PolicyTarget) -> bool:
    if target.kind in _GATEWAYS:
        chosen = (each for each in all_gateways(read) if _is_meant(each, namespace, target))
        return any(gateway_pods(read, each) for each in chosen)
    return any(_has_proxy(read, each) for each in _services(read, namespace, target))


def _is_meant(gateway: Gateway, namespace: str, target: PolicyTarget) -> bool:
    if target.kind == GATEWAY_CLASS:
        return gateway.class_name == target.name
    ref = gateway.object
    return (ref.group, ref.namespace, ref.name) == (target.group, namespace, target.name)


def _services(read: TrackedLookup, namespace: str, target: PolicyTarget) -> Iterator[Service]:
    """What the object declares: a Service one host, a ServiceEntry those that it names."""
    every = read.lookup(tables.HOSTS, EVERYWHERE) if target.kind != "Service" else None
    for host in every or (service_host(target.name, namespace),):
        for service in read.lookup(tables.SERVICES, host) or ():
            wanted = (target.group, target.kind, namespace, target.name)
            if any((r.group, r.kind, r.namespace, r.name) == wanted for r in service.objects):
                yield service


def _has_proxy(read: TrackedLookup, service: Service) -> bool:
    members = read.lookup(tables.MEMBERS, service.host) or frozenset()
    pods = (read.lookup(tables.PODS, each) for each in members)
    return any(pod is not None and pod.meshed for pod in pods)
