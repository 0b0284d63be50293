"""The root of a mesh is exchanged three times under load, and no request notices."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.failures import Load, envoys, kill_and_await, under_load
from tests.e2e.kept_connections import ALL_WELL, ECHO, kept_connections
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, OTHER, WEB

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

ONE_REQUEST_A_CONNECTION = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: other}
spec: {host: other, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door}
spec:
  gatewayClassName: gossamer
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: door}
spec:
  parentRefs: [{name: door}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
"""


@pytest.fixture(scope="module")
def door(lab: Lab) -> str:
    """Where the gateway is reached, of a mesh with a client, what it calls on kept connections, and
    a service with a handshake at each request."""
    shape = lab.up_text(CLIENT + WEB + ECHO + OTHER + "---" + ONE_REQUEST_A_CONNECTION)
    url = str(shape["gateways"][0]["url"])
    until(lambda: outside_status(url) == 200)
    return f"{url}/status/200"


def outside_status(url: str) -> int:
    """What somebody outside gets."""
    with urllib.request.urlopen(f"{url}/status/200", timeout=5) as answer:
        return int(answer.status)


@contextmanager
def from_outside(lab: Lab, url: str) -> Iterator[Load]:
    """Load on a gateway, as a client of another machine makes it."""
    tool = (sys.executable, "-m", "gossamer.apps", "load", "-o", "json")
    argv = (*tool, "--rate=30", "--for=3600s", "--connections=2", url)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, **pipes) as process:
        load = Load(process, 30)
        assert process.stderr
        assert "so far" in process.stderr.readline()
        yield load


@contextmanager
def loads(lab: Lab, door: str) -> Iterator[list[Load]]:
    """Requests with a handshake each, others on kept connections, and through a gateway."""
    handshakes = under_load(lab, "deploy/client", "http://other/status/200", rate=50)
    kept = under_load(lab, "deploy/client", "http://web/status/200", rate=50)
    gateway = from_outside(lab, door)
    with handshakes as first, kept as second, gateway as third:
        yield [first, second, third]


def identity(lab: Lab) -> dict[str, Any]:
    shape: dict[str, Any] = lab.json("identity", "status")
    return shape


def phase(lab: Lab) -> str:
    """How far the rotation is; nothing while the plane is away."""
    done = lab.run("identity", "status", "--name", lab.name, "-o", "json", ok=False)
    return str(json.loads(done.stdout)["phase"]) if done.returncode == 0 else ""


def roots(lab: Lab) -> list[str]:
    """The fingerprints of the roots that peers believe."""
    return [each["fingerprint"] for each in identity(lab)["certificates"] if each["is_root"]]


def test_three_rotations_under_load(lab: Lab, door: str) -> None:
    """HTTP/1.1, HTTP/2 and TCP go on, on the same connections; so do requests with a handshake
    each, and a gateway's. Pods start in the middle of the first rotation; the plane is killed in
    the middle of the second, twice, and the agent in the middle of the third."""
    known = roots(lab)
    running = envoys(lab)
    with kept_connections(lab) as use, loads(lab, door) as under:
        assert use("before") == ALL_WELL
        lab.run("identity", "rotate", "--name", lab.name)
        lab.run("scale", "deploy/other", "--replicas", "3", "--name", lab.name)
        lab.run("rollout", "status", "deploy/other", "--name", lab.name)
        until(lambda: phase(lab) == "done")
        known += roots(lab)
        assert use("one") == ALL_WELL
        for part in ("plane", "agent"):
            lab.run("identity", "rotate", "--name", lab.name)
            kill_and_await(lab, part)
            until(lambda: phase(lab) in ("activated", "retiring", "done"))
            kill_and_await(lab, part)
            until(lambda: phase(lab) == "done")
            known += roots(lab)
            assert use(part) == ALL_WELL
        for load in under:
            load.end()
    for load in under:
        load.assert_whole()
    assert len(set(known)) == len(known)
    assert running.items() <= envoys(lab).items()
    told = lab.run("check", "--name", lab.name, ok=False).stdout
    assert "root did not sign" not in told
