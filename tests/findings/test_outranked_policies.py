"""Of two PeerAuthentications for a workload one says nothing there; its author is told."""

from __future__ import annotations

import pytest

from tests.findings.test_finding_pages import analyzed

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web, tier: front}}
spec: {containers: [{name: app, image: app}]}
---
"""


def peers(name: str, labels: str, year: int) -> str:
    """A PeerAuthentication of that age for these labels."""
    return (
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: {name}, creationTimestamp: '{year}-01-01T00:00:00Z'}}\n"
        f"spec: {{selector: {{matchLabels: {{{labels}}}}}, mtls: {{mode: STRICT}}}}\n---\n"
    )


def told(*documents: str) -> list[tuple[str, str]]:
    """Who is told of a double, and in which words."""
    findings = analyzed(POD + "".join(documents))
    return [
        (str(each.origin.object), each.message)
        for each in findings
        if each.code == "duplicate-policy"
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_the_younger_of_two_that_select_a_pod_is_told(order: int) -> None:
    """Whichever stands first in the files, with the pod and the older one by name."""
    both = (peers("app", "app: web", 2020), peers("tier", "tier: front", 2010))
    ((name, message),) = told(*both[::order])
    assert name == "PeerAuthentication default/app"
    assert "default/web" in message
    assert "PeerAuthentication default/tier" in message


@pytest.mark.parametrize("labels", ["tier: back", "app: web, tier: back"])
def test_policies_for_other_pods_are_apart(labels: str) -> None:
    """No pod has both."""
    assert told(peers("app", "app: web", 2020), peers("tier", labels, 2010)) == []
