"""Which connections a workload accepts on a port: mutual TLS, plaintext, or both."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model.assembly.visible import workload_policies
from gossamer.model.labels import Labels
from gossamer.model.pod import Pod
from gossamer.model.policies import NO_POLICIES
from gossamer.model.policies.mtls import Mtls, MtlsMode
from gossamer.model.workload_policy import WorkloadPolicy

Policies = tuple[WorkloadPolicy, ...]


def policies_of(read: TrackedLookup, namespace: str, labels: Labels) -> Policies:
    """What is said of workloads with these labels, narrowest first."""
    return workload_policies(read, Pod(namespace, "", "", (), labels))


def mtls_mode(read: TrackedLookup, policies: Policies, port: int | None) -> MtlsMode:
    """The mode of a port, None for the ports that nobody speaks of; PERMISSIVE by default."""
    for policy in policies:
        by_port = dict(policy.port_policies).get(port, NO_POLICIES) if port else NO_POLICIES
        said = by_port.get(Mtls) or policy.policies.get(Mtls)
        if said is not None:
            read.decided(policy.object)
            return said.mode
    return MtlsMode.PERMISSIVE


def spoken_ports(policies: Policies) -> frozenset[int]:
    """The ports that some policy speaks of on their own."""
    return frozenset(
        port for policy in policies for port, said in policy.port_policies if said.get(Mtls)
    )
