"""The plane is held down: what serves goes on, what dies comes back, and everyone is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.e2e.failures import ask, envoys, kill_and_await, pid_of, plane, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SMALL, service, workload

pytestmark = pytest.mark.e2e

URL = "http://web/status/200"
NEVER_USED = "http://other/status/200"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\n"


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A mesh whose client knows the way to web."""
    lab.up_text(SMALL + workload("spare") + service("spare"))
    assert lab.status_of("deploy/client", URL) == 200
    until(lambda: whole(lab))
    return lab


@pytest.fixture
def held_down(mesh: Lab) -> Iterator[Lab]:
    """The same without a plane, until the test is over."""
    mesh.run("plane", "stop", "--name", mesh.name)
    yield mesh
    mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: whole(mesh))


def proxy_of(lab: Lab, workload_: str) -> str:
    """The name that the Envoy of a workload's first pod has among the lab's processes."""
    rows = ask(lab, "agent", {"op": "status"})["proxies"]
    return "envoy/" + str(next(r["pod"] for r in rows if r["workload"] == f"default/{workload_}"))


def clusters(lab: Lab) -> set[str]:
    rows = lab.json("proxy", "clusters", "deploy/client")
    return {row["name"] for row in rows}


def test_a_killed_envoy_comes_back_and_serves_what_it_served(held_down: Lab) -> None:
    """From the agent's disk: the same clusters, the same answers, mutual TLS included."""
    before = clusters(held_down)
    kill_and_await(held_down, proxy_of(held_down, "client"))
    until(lambda: held_down.status_of("deploy/client", URL) == 200, 10)
    assert clusters(held_down) == before
    headers = json.loads(held_down.curl("deploy/client", "http://web/headers"))["headers"]
    assert "spiffe://cluster.local/ns/default/sa/default" in headers["X-Forwarded-Client-Cert"][0]


def test_a_killed_agent_takes_its_proxies_up_again(held_down: Lab) -> None:
    """Without a plane, too: no Envoy is touched, calls go on, status tells of every proxy."""
    running = envoys(held_down)
    kill_and_await(held_down, "agent")
    assert held_down.status_of("deploy/client", URL) == 200
    rows = until(lambda: held_down.json("status")["proxies"])
    until(lambda: all(row["ready"] for row in held_down.json("status")["proxies"]))
    assert len(rows) == len(running)
    assert envoys(held_down) == running


def test_an_agent_and_an_envoy_killed_together_come_back(held_down: Lab) -> None:
    """The certificate, too, is on disk: both come back and serve with no plane to ask."""
    envoy = proxy_of(held_down, "web")
    kill_and_await(held_down, "agent")
    kill_and_await(held_down, envoy)
    until(lambda: all(row["ready"] for row in held_down.json("status")["proxies"]))
    until(lambda: held_down.status_of("deploy/client", URL) == 200, 5)


def test_a_service_that_was_never_used_says_why_and_works_later(mesh: Lab) -> None:
    """503 within a second, in words; and an answer as soon as the plane is back."""
    mesh.run("plane", "stop", "--name", mesh.name)
    began = time.monotonic()
    said = mesh.curl("deploy/client", NEVER_USED, "-w", "\n%{http_code} %{time_total}")
    took = float(said.split()[-1])
    print(f"503 after {took * 1000:.0f} ms")
    assert said.split()[-2] == "503"
    assert "control plane is unavailable" in said
    assert took < 1.0, (said, time.monotonic() - began)
    mesh.run("plane", "start", "--name", mesh.name)
    began = time.monotonic()
    until(lambda: mesh.status_of("deploy/client", NEVER_USED) == 200, 5)
    print(f"served {time.monotonic() - began:.2f} s after the plane was back")


def test_status_still_tells_the_truth(held_down: Lab) -> None:
    """The plane is not answering and says so; proxies are live, not connected, certified."""
    told = held_down.json("status")
    assert told["plane"]["pid"] is None
    assert "not answering" in told["plane"]["error"]
    assert told["proxies"]
    for row in told["proxies"]:
        assert row["envoy"] == "LIVE"
        assert row["connected"] is False
        assert row["certificate_expires"]
        assert row["pid"] in envoys(held_down).values()
    shown = held_down.run("status", "--name", held_down.name).stdout
    assert "plane: not answering" in shown


def test_changes_are_refused_in_words(held_down: Lab) -> None:
    """apply, delete and scale: exit 1, and who, what, effect and remedy on standard error."""
    for words in (
        ("apply", "-f", "-"),
        ("delete", "-f", "-"),
        ("scale", "deploy/web", "--replicas", "3"),
    ):
        begun = time.monotonic()
        done = held_down.run(
            *words, "--name", held_down.name, ok=False, input=MAP if "-" in words else None
        )
        assert done.returncode == 1, done
        assert f"control plane of lab {held_down.name} is not answering" in done.stderr
        assert "gossamer plane start" in done.stderr
        assert done.stdout == ""
        assert time.monotonic() - begun < 5
    pods = held_down.json("get", "pods")
    assert sum(pod["workload"] == "web" for pod in pods) == 2


def test_the_plane_stays_down_and_comes_back_whole(mesh: Lab) -> None:
    """The holder does not restart what was stopped on purpose; what was applied before is there."""
    mesh.apply(MAP)
    mesh.run("plane", "stop", "--name", mesh.name)
    with pytest.raises((AssertionError, KeyError)):
        pid_of(mesh, "plane")
    mesh.run("plane", "start", "--name", mesh.name)
    assert pid_of(mesh, "plane")
    assert plane(mesh).documents("ConfigMap", "default", "late")["documents"]
    until(lambda: whole(mesh))


def test_a_rotten_cache_costs_what_rotted(mesh: Lab) -> None:
    """A byte changed in what the agent keeps of a proxy: agent and Envoy, killed with no plane to
    ask, come back and serve the rest; the plane's return brings what was lost."""
    lost = "http://spare/status/200"
    until(lambda: mesh.status_of("deploy/client", lost) == 200)
    mesh.run("plane", "stop", "--name", mesh.name)
    try:
        envoy = proxy_of(mesh, "client")
        (kept,) = (p for p in (mesh.folder / "agent").rglob("cache") if "client" in str(p))
        held = bytearray(kept.read_bytes())
        held[held.index(b"spare.default.svc")] ^= 0xFF
        kept.write_bytes(held)
        kill_and_await(mesh, "agent")
        kill_and_await(mesh, envoy)
        until(lambda: mesh.status_of("deploy/client", URL) == 200)
    finally:
        mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: mesh.status_of("deploy/client", lost) == 200)
    until(lambda: whole(mesh))
    assert b"spare.default.svc" in kept.read_bytes()
