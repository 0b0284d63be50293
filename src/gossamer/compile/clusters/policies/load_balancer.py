"""How a cluster chooses among its endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.model.policies.load_balancer import Balance, LoadBalancer

_POLICY: Mapping[Balance, Cluster.LbPolicy.ValueType] = {
    Balance.ROUND_ROBIN: Cluster.LbPolicy.ROUND_ROBIN,
    Balance.LEAST_REQUEST: Cluster.LbPolicy.LEAST_REQUEST,
    Balance.RANDOM: Cluster.LbPolicy.RANDOM,
}


def apply_load_balancer(cluster: Cluster, policy: LoadBalancer | None) -> None:
    """Set the balance; PASSTHROUGH is another type of cluster (`keeps_destination`)."""
    balance = policy.balance if policy else Balance.LEAST_REQUEST
    cluster.lb_policy = _POLICY.get(balance, Cluster.LbPolicy.LEAST_REQUEST)
    # With every endpoint ejected, calls fail fast instead of going to the ejected.
    cluster.common_lb_config.healthy_panic_threshold.value = 0


def keeps_destination(policy: LoadBalancer | None) -> bool:
    """Whether calls go where the caller was going, with no choice."""
    return policy is not None and policy.balance is Balance.PASSTHROUGH
