"""Which counters a proxy keeps: what telemetry and drills read, and little else.

Envoy makes about a hundred counters per cluster; a mesh reads a dozen. What is not listed here
is never allocated.
"""

from __future__ import annotations

from typing import Any

from gossamer.contract.edge_stats import STATS_PREFIX

KEPT_PREFIXES = (
    "access_log",
    "cluster_manager.",
    "control_plane.",
    STATS_PREFIX,
    "http.",
    "istio",
    "listener.",
    "listener_manager.",
    "sds.",
    "server.",
)

KEPT_CLUSTER_SUFFIXES = (
    "membership_healthy",
    "membership_total",
    "outlier_detection.ejections_active",
    "outlier_detection.ejections_enforced_total",
    "ssl.connection_error",
    "ssl.fail_verify_san",
    "ssl.handshake",
    "update_rejected",
    "update_success",
    "upstream_cx_active",
    "upstream_cx_connect_fail",
    "upstream_cx_overflow",
    "upstream_cx_rx_bytes_total",
    "upstream_cx_total",
    "upstream_cx_tx_bytes_total",
    "upstream_rq_active",
    "upstream_rq_pending_overflow",
    "upstream_rq_retry",
    "upstream_rq_timeout",
    "upstream_rq_total",
)

KEPT_CLUSTER_PARTS = (".ssl.curves.", ".ssl.versions.")
"""What was agreed on in handshakes; Envoy makes one for each value that it met."""

# A mesh cluster's name has dots (`outbound|80||web.shop.svc.cluster.local`), which Envoy's own
# tag rule would cut at the first one; the name ends where a known counter family begins.
_CLUSTER_NAME = (
    r"^cluster\.((.+?)\.)"
    r"(?:upstream_|membership_|outlier_detection\.|ssl\.|update_|lb_|circuit_breakers\.)"
)

_DEFAULT_TAGS = (
    "envoy.http_conn_manager_prefix",
    "envoy.listener_address",
    "envoy.response_code",
    "envoy.response_code_class",
)


def stats_config() -> dict[str, Any]:
    """The bootstrap's stats fields."""
    kept = [{"prefix": prefix} for prefix in KEPT_PREFIXES]
    kept += [{"suffix": suffix} for suffix in KEPT_CLUSTER_SUFFIXES]
    kept += [{"contains": part} for part in KEPT_CLUSTER_PARTS]
    tags = [{"tag_name": name} for name in _DEFAULT_TAGS]
    return {
        "stats_config": {
            "use_all_default_tags": False,
            "stats_tags": [{"tag_name": "envoy.cluster_name", "regex": _CLUSTER_NAME}, *tags],
            "stats_matcher": {"inclusion_list": {"patterns": kept}},
        },
        # Histograms are merged when somebody reads them; an idle proxy stays idle.
        "stats_flush_on_admin": True,
    }
