"""What `describe` says of pods and objects."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.printing.described.lines import paired
from gossamer.cli.printing.described.mesh import mesh_lines
from gossamer.cli.printing.described.pod import pod_lines, probe_text
from gossamer.cli.printing.described.stored import finding_block, stored_lines
from tests.cli.printing.pods import RUN, container, pod, pod_item, stored

PROXY = {
    "envoy": "LIVE",
    "connected": True,
    "synced": True,
    "pending": 0,
    "rejected": [],
    "certificate_expires": "2026-01-02T00:00:00Z",
}
EDGE = {
    "source": "shop/web",
    "destination": "shop/db",
    "destination_service": "db.shop.svc.cluster.local",
    "requests_total": 7,
    "success_rate": 0.5,
    "mtls": True,
}


def test_values_stand_in_one_column() -> None:
    """Several lines of a value, too; nothing is told as such."""
    assert list(paired([("Name", "web"), ("Labels", "a=1\nb=2"), ("Node", None)])) == [
        "Name:    web",
        "Labels:  a=1",
        "         b=2",
        "Node:    <none>",
    ]


def test_a_crash_is_told_with_its_last_state() -> None:
    """What kubectl's users look for first."""
    ended = {**RUN, "ended": "2026-01-01T00:00:09Z", "exit_status": -9}
    looping = container(
        state="waiting", ready=False, restarts=4, reason="ended by SIGKILL", run=ended
    )
    lines = "\n".join(pod_lines(pod_item(containers=[looping]), iter(())))
    for text in ("Waiting", "ended by SIGKILL", "Last State:", "137", "Restart Count:"):
        assert text in lines


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        (
            {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5},
            "http-get http://:8080/healthz delay=0s timeout=1s period=5s #success=1 #failure=3",
        ),
        ({"tcpSocket": {"port": "db"}}, "tcp-socket :db delay=0s timeout=1s period=10s"),
        ({"exec": {"command": ["redis-cli", "ping"]}}, "exec [redis-cli ping] delay=0s"),
        ({"grpc": {"port": 9000}}, "grpc <pod>:9000 "),
    ],
)
def test_probes_are_written_as_kubectl_does(probe: dict[str, Any], text: str) -> None:
    """One line a probe."""
    assert probe_text(probe).startswith(text)


def test_the_mesh_tells_proxy_identity_and_calls() -> None:
    """Who it is, whether its proxy is in sync, and what it used."""
    told = "\n".join(mesh_lines(pod(), PROXY, [EDGE], "cluster.local"))
    assert "Envoy LIVE, connected, in sync" in told
    assert "spiffe://cluster.local/ns/shop/sa/default" in told
    assert "db.shop.svc.cluster.local  7 requests, 50% succeeded, mTLS" in told
    without = "\n".join(mesh_lines(pod(proxy=False), None, [], "cluster.local"))
    assert without.startswith("Sidecar:")


def test_nothing_of_a_secret_is_described() -> None:
    """Keys and sizes, as kubectl has it; variables name the Secret and not its value."""
    secret = stored("Secret", "v1", stringData={"password": "opensesame"})
    told = "\n".join(stored_lines(secret, ()))
    assert "password: 10 characters" in told
    assert "opensesame" not in told


def test_findings_stand_in_a_block_of_their_own() -> None:
    """With the remedy; without findings there is no block."""
    finding = {"severity": "warning", "message": "no pod has app: web", "remedy": "Fix it"}
    assert list(finding_block([finding])) == [
        "Findings:",
        "  warning: no pod has app: web; Fix it",
    ]
    assert list(finding_block([])) == []
