"""Filters whose configuration changes while connections are open, on real Envoys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.kept_connections import ALL_WELL, ECHO, kept_connections
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, OTHER, WEB

TELEMETRY = """
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: quiet}
spec:
  accessLogging: [{disabled: true}]
"""

MESH_CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'accessLogFile: ""'}
"""

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client, a web, an echo, and a service that nobody called yet."""
    lab.up_text(CLIENT + WEB + ECHO + OTHER)
    return lab


def logged(lab: Lab, pod: str, marker: str) -> int:
    """How many lines of a proxy's access log hold the marker."""
    return lab.run("logs", pod, "--proxy", "--name", lab.name).stdout.count(marker)


def versions(lab: Lab) -> set[tuple[str, str, str]]:
    """What the proxies of client and web hold of the access log's filters."""
    return {
        (pod, row["name"], row["version"])
        for pod in ("deploy/client", "deploy/web")
        for row in lab.json("proxy", "extensions", pod)
        if "|access_log|" in row["name"]
    }


def changed(lab: Lab, change: Callable[[str], Any], text: str) -> None:
    """Apply or delete documents, and wait until each of these filters is another."""
    before = versions(lab)
    change(text)
    until(lambda: versions(lab).isdisjoint(before))


def drained(lab: Lab) -> list[str]:
    """The listeners of the client's Envoy that are draining."""
    rows = lab.json("proxy", "listeners", "deploy/client")
    return [row["name"] for row in rows if row["state"] == "draining"]


def test_connections_outlive_a_filters_change(mesh: Lab) -> None:
    """HTTP/1.1, HTTP/2 and TCP go on as the log is switched off and on; the next request obeys."""
    with kept_connections(mesh) as use:
        assert use("loud-one") == ALL_WELL
        until(lambda: logged(mesh, "deploy/client", "loud-one") == 2)
        changed(mesh, mesh.apply, TELEMETRY)
        assert use("quiet-one") == ALL_WELL
        changed(mesh, mesh.delete, TELEMETRY)
        assert use("loud-two") == ALL_WELL
        until(lambda: logged(mesh, "deploy/client", "loud-two") == 2)
        assert logged(mesh, "deploy/client", "quiet-one") == 0
        assert logged(mesh, "deploy/web", "quiet-one") == 0
        assert drained(mesh) == []


def test_the_first_request_on_demand_obeys(mesh: Lab) -> None:
    """A host that was never called is fetched, answered, and logged as is wanted now."""
    changed(mesh, mesh.apply, MESH_CONFIG)
    assert mesh.status_of("deploy/client", "http://other/status/200?first-quiet") == 200
    changed(mesh, mesh.delete, MESH_CONFIG)
    assert mesh.status_of("deploy/client", "http://other/status/200?then-loud") == 200
    until(lambda: logged(mesh, "deploy/client", "then-loud") == 1)
    assert logged(mesh, "deploy/client", "first-quiet") == 0


def test_people_can_see_it(mesh: Lab) -> None:
    """`gossamer proxy extensions` shows what Envoy holds of discovered filters."""
    rows = mesh.json("proxy", "extensions", "deploy/web")
    states = {row["name"]: row["state"] for row in rows}
    assert set(states.values()) == {"active"}
    assert {name for name in states if "|access_log|" in name} == {
        f"{end}|access_log|{layer}" for end in ("client", "server") for layer in ("http", "tcp")
    }
    assert {"http.set_metadata", "network.set_filter_state"} <= {row["type"] for row in rows}
