"""Which connections a workload accepts on a port: mutual TLS, plaintext, or both."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.workload_policies import narrowest
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.workload.workload_policy import WorkloadPolicy

Policies = tuple[WorkloadPolicy, ...]


def mtls_mode(read: TrackedLookup, policies: Policies, port: int | None) -> MtlsMode:
    """The mode of a port, None for the ports that no policy names; PERMISSIVE by default."""
    ruling = narrowest(policies, Mtls, port)
    if ruling is None:
        return MtlsMode.PERMISSIVE
    policy, mtls = ruling
    read.decided(policy.object)
    return mtls.mode


def spoken_ports(policies: Policies) -> frozenset[int]:
    """The ports that some policy speaks of on their own."""
    return frozenset(
        port for policy in policies for port, values in policy.port_policies if values.get(Mtls)
    )
