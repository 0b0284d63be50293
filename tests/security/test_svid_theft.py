"""No pod gets the identity that another's application was given: in a lab of root's, and in one of
an ordinary user's. Which pod asks is decided by what it has mounted, and by nothing it says."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.agent.identity.workload_api.place import ADDRESS, SOCKET, VARIABLE
from tests.e2e.lab_under_test import until
from tests.lab.world.conftest import needs_namespaces
from tests.security.walled_lab import WalledLab, walled

__all__ = ["needs_namespaces", "walled"]

pytestmark = pytest.mark.e2e


def targets(lab: WalledLab) -> list[str]:
    """The victim's socket, and both keys that the agent keeps for it."""

    def found() -> list[str]:
        agent = lab.folder / "agent"
        paths = [*agent.glob(f"api/default.bank-*/{SOCKET}")]
        paths += agent.glob("default.bank-*/application/key.pem")
        paths += agent.glob("default.bank-*/key.pem")
        return [str(path) for path in paths] if len(paths) == 3 else []

    paths: list[str] = until(found)
    return paths


@pytest.mark.parametrize("pod", ["deploy/attacker", "outsider"])
def test_a_pod_that_did_not_ask_reaches_nobodys_socket(walled: WalledLab, pod: str) -> None:
    """It has no folder, no variable, and no way to the victim's socket or keys."""
    seen = walled.tried(pod, "reach_svid.py", targets(walled))
    assert seen == {
        "folder": None,
        "variable": None,
        "connects": False,
        "changed": [],
        "reached": [],
    }


def test_a_pod_that_asked_has_its_own_socket_alone(walled: WalledLab) -> None:
    """It can connect and not change the folder; the keys on disk are out of its sight, too."""
    seen: dict[str, Any] = walled.tried("deploy/bank", "reach_svid.py", targets(walled))
    assert seen == {
        "folder": [SOCKET],
        "variable": ADDRESS,
        "connects": True,
        "changed": [],
        "reached": [],
    }
    assert VARIABLE == "SPIFFE_ENDPOINT_SOCKET"
