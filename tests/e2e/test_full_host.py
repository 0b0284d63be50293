"""The whole host's disk is full: what serves goes on serving, and parts that die come back.

The lab's home is a small file system of its own, so logs, store, caches and pods share its fate.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.failures import ask, envoys, full, kill_and_await, plane, under_load, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SMALL

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting file systems needs root"),
]

URL = "http://web/status/200"
ROOM = 64 << 20
SERVICE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: other}
spec:
  hosts: [other]
  http: [{route: [{destination: {host: other}}], headers: {request: {set: {x-mark: "%s"}}}}]
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Iterator[Lab]:
    """A client and what it calls, on a file system of their own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", lab.home], check=True)
    try:
        lab.up_text(SMALL)
        yield lab
        lab.down()
    finally:
        subprocess.run(["umount", lab.home], check=True)


def _mark(lab: Lab) -> str:
    return lab.curl("deploy/client", "http://other/headers")


def test_a_full_host_serves_on_and_heals(mesh: Lab) -> None:
    """Under load nobody notices: not the full disk, not plane and agent killed on it. Changes are
    refused with the reason; an Envoy killed on it is back and serves; with room, all is well."""
    mesh.apply(SERVICE % "before")
    until(lambda: '"before"' in _mark(mesh))
    with under_load(mesh, "deploy/client", URL) as load:
        until(lambda: whole(mesh))
        running = envoys(mesh)
        with full(mesh.home, ROOM):
            big = (SERVICE % "refused") + "#" * 500_000
            done = mesh.run("apply", "-f", "-", "--name", mesh.name, input=big, ok=False)
            assert done.returncode == 1
            assert "Make room on its disk" in done.stderr, done.stderr
            for part in ("agent", "plane"):
                kill_and_await(mesh, part)
                until(lambda: whole(mesh))
            assert '"before"' in _mark(mesh)
            assert envoys(mesh) == running
        mesh.apply(SERVICE % "after")
        until(lambda: '"after"' in _mark(mesh))
        load.end()
    load.assert_whole()


def test_an_envoy_comes_back_on_a_full_host(mesh: Lab) -> None:
    """It is told from the agent's memory what its disk no longer takes."""
    until(lambda: whole(mesh))
    with full(mesh.home, ROOM):
        rows = ask(mesh, "agent", {"op": "status"})["proxies"]
        victim = next(row["pod"] for row in rows if row["workload"] == "default/client")
        kill_and_await(mesh, f"envoy/{victim}")
        until(lambda: mesh.status_of("deploy/client", URL) == 200)
    until(lambda: whole(mesh))
    assert plane(mesh).health()["status"] == "ok"
