"""Policies that hold at the receiving workload: chosen by mesh, namespace or labels."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.model.policies.workload.jwt import Jwt
from gossamer.model.workload.labels import Labels

ADDING = frozenset({Authorization, Jwt})
"""Kinds of which every value that holds for a workload counts."""


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

    @property
    def rules_alone(self) -> bool:
        """Whether it says anything of which the narrowest decides; the other kinds add up."""
        return bool(self.port_policies) or any(type(each) not in ADDING for each in self.policies)


def label_cell(namespace: str, pair: tuple[str, str]) -> str:
    """Where the policies of a namespace are kept that select by a label."""
    return f"{namespace} {pair[0]}={pair[1]}"
