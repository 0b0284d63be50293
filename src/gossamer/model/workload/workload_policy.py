"""Policies that hold at the receiving workload: chosen by mesh, namespace or labels."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.workload.labels import Labels


@dataclass(frozen=True, slots=True)
class PolicyTarget:
    """An object of the policy's namespace whose workloads a policy is for, by `targetRefs`.

    `kind` is Gateway, GatewayClass, Service or ServiceEntry, of the API group `group`.
    """

    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class WorkloadPolicy:
    """Policies for the workloads of a namespace that carry the selector's labels.

    An empty selector means the whole namespace; in the root namespace, the whole mesh. The
    narrowest one that speaks of a policy decides. Port policies go by the workload's port.
    With `targets` it is for the workloads of these objects alone, whatever their labels.
    """

    object: ObjectRef
    namespace: str
    selector: Labels = ()
    policies: Policies = NO_POLICIES
    port_policies: tuple[tuple[int, Policies], ...] = ()
    targets: tuple[PolicyTarget, ...] = ()
