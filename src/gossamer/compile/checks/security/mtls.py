"""Policies of what workloads accept: two for the same workloads, and ports that no workload has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from gossamer.compile.checks.selectors import holds_with_others, selected
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.endpoints import target_of
from gossamer.model.finding import Finding, Severity
from gossamer.model.policies.workload.mtls import Mtls
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy

_LOOKED_AT = 100
"""Pods of a policy, and policies near a pod, among which an older one is looked for."""

_RANKS = Once(lambda policies: {each.object: at for at, each in enumerate(policies)})

Whom = tuple[str, Labels]
"""The kind of object, such as PeerAuthentication, and the workloads that it speaks of."""


def _whom(policy: WorkloadPolicy) -> Whom:
    return policy.object.kind, policy.selector


def _by_whom(policies: tuple[WorkloadPolicy, ...]) -> dict[Whom, tuple[WorkloadPolicy, ...]]:
    """The first two of each kind for the same workloads: the one that counts, and another."""
    by_whom: dict[Whom, tuple[WorkloadPolicy, ...]] = {}
    for each in policies:
        known = by_whom.get(_whom(each), ())
        by_whom[_whom(each)] = (*known, each) if len(known) < 2 else known
    return by_whom


_BY_WHOM = Once(_by_whom)


def _alike(read: TrackedLookup, mine: WorkloadPolicy) -> tuple[WorkloadPolicy, ...]:
    """None where each object adds to the others."""
    if holds_with_others(mine):
        return ()
    beside = read.lookup(tables.WORKLOAD_POLICIES, mine.namespace) or ()
    return _BY_WHOM(beside).get(_whom(mine), ())


def doubled_policies(
    read: TrackedLookup, subject: Subject, mine: WorkloadPolicy
) -> Iterator[Finding]:
    """A policy for exactly those workloads of which another one, that takes precedence, speaks."""
    for other in _alike(read, mine)[:1]:
        if other.object != mine.object:
            whom = "the same workloads" if mine.selector else f"the namespace {mine.namespace}"
            yield Finding(
                subject.at("spec.selector"),
                f"{other.object} already applies to {whom} and takes precedence: "
                "the older, then by name",
                "what both say is decided by the other one",
                "Put what is meant into one of the two, and delete the other",
                "duplicate-policy",
                Severity.WARNING,
            )


def shared_policies(
    read: TrackedLookup, subject: Subject, mine: WorkloadPolicy
) -> Iterator[Finding]:
    """A policy that counts where another one speaks of exactly the same workloads."""
    same = [each.object for each in _alike(read, mine)]
    if len(same) > 1 and same[0] == mine.object:
        yield Finding(
            subject.at("spec.selector"),
            f"{same[1]} applies to the same workloads too; this object takes precedence",
            "what both say is decided by this one",
            "Put what is meant into one of the two, and delete the other",
            "duplicate-policy",
            Severity.WARNING,
        )


def _by_label(
    policies: tuple[WorkloadPolicy, ...],
) -> dict[tuple[str, str], tuple[WorkloadPolicy, ...]]:
    """Those that select workloads for mutual TLS by the first label that they name, one a
    selector: the oldest."""
    by_label: dict[tuple[str, str], tuple[WorkloadPolicy, ...]] = {}
    oldest = {_whom(policy): policy for policy in reversed(policies)}
    for each in oldest.values():
        of_tls = each.policies.get(Mtls) is not None
        for label in each.selector[:1] if of_tls else ():
            by_label[label] = (*by_label.get(label, ()), each)
    return by_label


_BY_LABEL = Once(_by_label)


def outranked_policies(
    read: TrackedLookup, subject: Subject, mine: WorkloadPolicy
) -> Iterator[Finding]:
    """A policy of mutual TLS with another selector than an older one that selects a pod of its."""
    if not mine.selector or not mine.policies.get(Mtls):
        return
    beside = read.lookup(tables.WORKLOAD_POLICIES, mine.namespace) or ()
    ranks = _RANKS(beside)
    for pod in islice(selected(read, mine.namespace, mine.selector), _LOOKED_AT):
        near = [each for label in pod.labels for each in _BY_LABEL(beside).get(label, ())]
        others = [
            each
            for each in near[:_LOOKED_AT]
            if each.selector != mine.selector and selects(each.selector, pod.labels)
        ]
        older = min(others, key=lambda each: ranks[each.object], default=mine)
        if ranks[older.object] < ranks[mine.object]:
            yield Finding(
                subject.at("spec.selector"),
                f"{older.object} selects {pod.key} too, and takes precedence: the older, then by "
                "name",
                f"nothing of this object holds for {pod.namespace}/{pod.workload}, its ports "
                "included",
                "Put what is meant into one of the two, or let each select other workloads",
                "duplicate-policy",
                Severity.WARNING,
            )
            return


def ports_of_nobody(
    read: TrackedLookup, subject: Subject, mine: WorkloadPolicy
) -> Iterator[Finding]:
    """Ports of which none of the selected workloads is known to have one."""
    pods = selected(read, mine.namespace, mine.selector) if mine.selector else []
    known = {number for pod in pods for number in _ports(read, pod)}
    for number, _ in mine.port_policies if known else ():
        if number not in known:
            yield Finding(
                subject.at(f"spec.portLevelMtls.{number}", "spec.portLevelMtls"),
                f"no selected workload has the port {number}; theirs: "
                f"{', '.join(map(str, sorted(known)))}",
                "it applies to no call",
                "Name a port of the workload (a targetPort, not the service's port)",
                "unknown-port",
                Severity.WARNING,
            )


def _ports(read: TrackedLookup, pod: Pod) -> Iterator[int]:
    yield from (port.number for port in pod.ports)
    for host in read.lookup(tables.POD_SERVICES, pod.key) or ():
        for service in read.lookup(tables.SERVICES, host) or ():
            yield from (number for port in service.ports if (number := target_of(port, pod)))
