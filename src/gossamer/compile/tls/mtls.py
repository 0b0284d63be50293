"""Which connections a workload accepts on a port: mutual TLS, plaintext, or both.

Three levels speak: the workload, its namespace, the mesh. Of each the oldest policy counts and no
other one. What a level leaves UNSET the next one decides, and a port what its workload's policy
says as a whole; of nobody the mode is PERMISSIVE. So it is in Istio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.workload.workload_policy import WorkloadPolicy

Policies = tuple[WorkloadPolicy, ...]


@dataclass(frozen=True, slots=True)
class ModeInForce:
    """A mode, the policy that says so (None: nobody does), and whether it says so of that port."""

    mode: MtlsMode
    policy: ObjectRef | None = None
    of_port: bool = False


def mtls_mode(read: TrackedLookup, policies: Policies, port: int | None) -> MtlsMode:
    """The mode of a port, None for the ports that no policy names; PERMISSIVE by default."""
    ruling = ruling_mode(policies, port)
    if ruling.policy is not None:
        read.decided(ruling.policy)
    return ruling.mode


def ruling_mode(policies: Policies, port: int | None) -> ModeInForce:
    """The mode of a port, and the policy that says so.

    `policies` are those of one workload, the narrowest level first and each level's oldest first.
    """
    for policy in _one_a_level(policies):
        for mode, of_port in _said(policy, port):
            if mode is not MtlsMode.UNSET:
                return ModeInForce(mode, policy.object, of_port)
    return ModeInForce(MtlsMode.PERMISSIVE)


def _one_a_level(policies: Policies) -> Iterator[WorkloadPolicy]:
    levels: set[tuple[str, bool]] = set()
    for policy in policies:
        level = policy.namespace, bool(policy.selector)
        if policy.policies.get(Mtls) and level not in levels:
            levels.add(level)
            yield policy


def _said(policy: WorkloadPolicy, port: int | None) -> Iterator[tuple[MtlsMode, bool]]:
    """For the port first, then for the whole workload."""
    of_ports = dict(policy.port_policies)
    for values, of_port in ((of_ports.get(port) if port else None, True), (policy.policies, False)):
        mtls = values.get(Mtls) if values else None
        if mtls is not None:
            yield mtls.mode, of_port


def spoken_ports(policies: Policies) -> frozenset[int]:
    """The ports that the workload's policy speaks of on their own."""
    return frozenset(
        port
        for policy in _one_a_level(policies)
        for port, values in policy.port_policies
        if values.get(Mtls)
    )
