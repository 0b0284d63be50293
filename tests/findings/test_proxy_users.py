"""The proxy's user is told where a container of a meshed pod really runs as it, and only there."""

from __future__ import annotations

import pytest

from tests.findings.test_finding_pages import analyzed

MESHED = "{name: u}"
PROXY = "securityContext: {runAsUser: 1337}"
OTHER = "securityContext: {runAsUser: 1000}"


def told(metadata: str, pod: str, container: str) -> list[str]:
    """The fields that are told of a pod with one container."""
    extra = f", {container}" if container else ""
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\n"
        f"spec: {{{pod}containers: [{{name: app, image: curlimages/curl{extra}}}]}}\n"
    )
    return [each.origin.field for each in analyzed(text) if each.code == "proxy-user"]


def test_the_pods_word_holds_for_containers_that_say_nothing() -> None:
    """It stands where the pod says it."""
    assert told(MESHED, f"{PROXY}, ", "") == ["spec.securityContext.runAsUser"]


def test_a_container_that_says_otherwise_is_believed() -> None:
    """Nobody runs as the pod says then."""
    assert told(MESHED, f"{PROXY}, ", OTHER) == []
    assert told(MESHED, f"{OTHER}, ", PROXY) == ["spec.containers[0].securityContext.runAsUser"]


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_a_pod_without_proxy_may_run_as_anybody(field: str) -> None:
    """There is no capture that it could escape."""
    metadata = f'{{name: u, {field}: {{sidecar.istio.io/inject: "false"}}}}'
    assert told(metadata, f"{PROXY}, ", "") == []
