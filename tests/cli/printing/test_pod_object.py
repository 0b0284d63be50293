"""A pod of a lab in the form that the Kubernetes API has for it."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.cli.objects.item import replica_set_items
from tests.cli.printing.pods import RUN, container, pod, pod_item

ENDED = {**RUN, "ended": "2026-01-01T00:00:09Z", "exit_status": 3}


def status(**words: Any) -> dict[str, Any]:
    told: dict[str, Any] = pod_item(**words).body["status"]
    return told


def test_a_ready_pod() -> None:
    """Phase, address, conditions and times as a cluster has them."""
    told = status()
    assert (told["phase"], told["podIP"]) == ("Running", "10.244.1.1")
    assert {each["type"]: each["status"] for each in told["conditions"]}["Ready"] == "True"
    assert told["containerStatuses"][0]["state"] == {
        "running": {"startedAt": "2026-01-01T00:00:00Z"}
    }


def test_a_crash_loop_tells_its_last_state() -> None:
    """How and when the run before ended."""
    looping = container(
        state="waiting", ready=False, restarts=4, reason="exited with status 3", run=ENDED
    )
    (told,) = status(ready=False, status="CrashLoopBackOff", containers=[looping])[
        "containerStatuses"
    ]
    assert told["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert told["lastState"]["terminated"]["exitCode"] == 3
    assert told["restartCount"] == 4


@pytest.mark.parametrize(
    ("exit_status", "code", "reason"), [(0, 0, "Completed"), (3, 3, "Error"), (-9, 137, "Error")]
)
def test_an_ended_container(exit_status: int, code: int, reason: str) -> None:
    """A signal counts from 128 on."""
    ended = container(state="ended", ready=False, run={**ENDED, "exit_status": exit_status})
    (told,) = status(phase="succeeded", ready=False, containers=[ended])["containerStatuses"]
    assert told["state"]["terminated"]["exitCode"] == code
    assert told["state"]["terminated"]["reason"] == reason


@pytest.mark.parametrize(
    ("words", "phase"),
    [
        ({"containers": [], "ready": False}, "Pending"),
        ({"phase": "succeeded", "ready": False}, "Succeeded"),
        ({"phase": "failed", "ready": False}, "Failed"),
        ({"containers": [], "gateway": True}, "Running"),
    ],
)
def test_phases(words: dict[str, Any], phase: str) -> None:
    """The five words of Kubernetes, as far as a lab has them."""
    assert status(**words)["phase"] == phase


def test_why_a_pod_is_not_ready_stands_in_its_status() -> None:
    """For who asks by program."""
    told = status(ready=False, containers=[], status="NoCommand", reason="no local command")
    assert (told["reason"], told["message"]) == ("NoCommand", "no local command")


def test_a_deployment_has_a_replica_set_for_each_template() -> None:
    """As `get rs` shows a rollout: the pods' owner by name, old and new beside each other."""
    pods = [pod(), pod(name="web-2", ready=False), pod(name="web-3", template="old")]
    items = {item.name: item for item in replica_set_items(pods)}
    assert set(items) == {"web-abc", "web-old"}
    assert items["web-abc"].body["status"] == {"replicas": 2, "readyReplicas": 1}
    assert pod_item().body["metadata"]["ownerReferences"][0]["name"] == "web-abc"
