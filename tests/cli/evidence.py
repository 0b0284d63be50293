"""What a plane answers about mutual TLS, written by hand."""

from __future__ import annotations

from typing import Any

PLACE = {
    "object": "PeerAuthentication shop/all",
    "file": "peers.yaml",
    "line": 4,
    "field": "spec.mtls",
}
MOMENT = "2026-11-28T16:00:00+00:00"


def call(source: str, destination: str, security: str, **more: Any) -> dict[str, Any]:
    """A kind of calls."""
    whole: dict[str, Any] = {
        "source": source,
        "address": None,
        "destination": destination,
        "service": None,
        "port": None,
        "protocol": None,
        "security": security,
        "calls": 3,
        "first_seen": MOMENT,
        "last_seen": MOMENT,
        "mode": "PERMISSIVE",
        "by": None,
        "tls_versions": {},
        "curves": {},
    }
    return whole | more


PLAIN = call("unknown", "shop/web", "plaintext", address="10.1.2.3", port=8080)
SECURED = call(
    "shop/web",
    "shop/db",
    "mtls",
    service="db.shop.svc.cluster.local",
    protocol="http",
    tls_versions={"TLSv1.3": 3},
    curves={"X25519MLKEM768": 3},
    mode=None,
)
EVIDENCE: dict[str, Any] = {
    "known": True,
    "observed": {"since": MOMENT, "until": MOMENT, "hours": 1.5},
    "destinations": [
        {
            "workload": "shop/web",
            "ports": [
                {"port": 8080, "mode": "PERMISSIVE", "by": None},
                {"port": None, "mode": "STRICT", "by": PLACE},
            ],
            "mtls_calls": 0,
            "plaintext_calls": 3,
            "refused_calls": 0,
            "strict": "would refuse 1 caller",
        }
    ],
    "calls": [PLAIN, SECURED],
    "not_seen": ["a job"],
}
