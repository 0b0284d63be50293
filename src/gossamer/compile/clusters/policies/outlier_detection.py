"""Ejecting endpoints that keep failing."""

from __future__ import annotations

from envoy.config.cluster.v3 import outlier_detection_pb2
from envoy.config.cluster.v3.cluster_pb2 import Cluster

from gossamer.compile.protos import set_duration
from gossamer.model.policies.outlier_detection import OutlierDetection


def apply_outlier_detection(cluster: Cluster, policy: OutlierDetection | None) -> None:
    """Nothing is ejected unless a destination says so; success rates never decide (Istio)."""
    if policy is None:
        return
    outlier = cluster.outlier_detection
    set_duration(outlier.interval, policy.interval)
    set_duration(outlier.base_ejection_time, policy.base_ejection_time)
    outlier.max_ejection_percent.value = policy.max_ejection_percent
    outlier.enforcing_success_rate.value = 0
    _count(outlier, "5xx", policy.consecutive_5xx)
    _count(outlier, "gateway_failure", policy.consecutive_gateway)
    if policy.split_local_origin:
        outlier.split_external_local_origin_errors = True
        outlier.enforcing_local_origin_success_rate.value = 0
        _count(outlier, "local_origin_failure", policy.consecutive_local_origin)
    cluster.common_lb_config.healthy_panic_threshold.value = policy.min_health_percent


def _count(outlier: outlier_detection_pb2.OutlierDetection, what: str, count: int | None) -> None:
    """A threshold is enforced where it is given, 0 switches it off, None is Envoy's default."""
    if count is None:
        return
    if count:
        getattr(outlier, f"consecutive_{what}").value = count
    getattr(outlier, f"enforcing_consecutive_{what}").value = 100 if count else 0
