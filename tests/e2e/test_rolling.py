"""Pods come and go and routes change under load: no request fails that had somewhere to go.

GOSSAMER_SWAPS sets how many changes of routes, subsets and clusters there are (100; by hand 500).
"""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from itertools import cycle, islice

import pytest

from tests.e2e.failures import ask, kill, plane, pushed, under_load, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, HTTPBIN, PROBED, WEB, WORKLOAD, workload

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SWAPS = int(os.environ.get("GOSSAMER_SWAPS", "100"))
URL = "http://web/status/200"
WATCHER = WORKLOAD.format(
    name="watcher",
    app="watcher",
    version="v1",
    replicas=1,
    image="docker.io/curlimages/curl:8.16.0",
    more='command: ["/bin/sleep", "infinity"]',
)

ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web}}
spec:
  hosts: [web]
  http:
  - headers: {{response: {{set: {{x-round: "{round}"}}}}}}
    route:
    - {{destination: {{host: web, subset: {first}}}, weight: {share}}}
    - {{destination: {{host: web, subset: {second}}}, weight: {rest}}}
---
"""
SUBSETS = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: web}}
spec:
  host: web
  trafficPolicy: {{connectionPool: {{tcp: {{maxConnections: {limit}}}}}}}
  subsets:
  - {{name: {first}, labels: {{version: v1}}}}
  - {{name: {second}, labels: {{version: v2}}}}
---
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """Two callers of a web in two versions."""
    lab.up_text(CLIENT + WATCHER + WEB + workload("web", HTTPBIN, 1, PROBED, "v2"))
    assert lab.status_of("deploy/watcher", URL) == 200
    return lab


def ready(lab: Lab, name: str = "web") -> list[str]:
    """The ready pods of a workload."""
    pods = lab.json("get", "pods")
    return [p["name"] for p in pods if p["workload"] == name and p["ready"]]


def settled(lab: Lab) -> bool:
    return bool(ask(lab, "holder", {"op": "pods"})["ready"])


def has_ready(lab: Lab, replicas: int) -> bool:
    return settled(lab) and len(ready(lab)) == replicas


def replaced(lab: Lab, before: set[str]) -> bool:
    return settled(lab) and not before & set(ready(lab, "web-v2"))


def test_every_pod_is_replaced_and_no_request_fails(mesh: Lab) -> None:
    """A rolling restart of both versions, twice: drained, then ended, never called in between."""
    before = set(ready(mesh))
    with under_load(mesh, "deploy/client", URL) as load:
        for name in ("web", "web-v2") * 2:
            mesh.run("restart", f"deploy/{name}", "--name", mesh.name)
            until(lambda: not settled(mesh), 5)
            until(lambda: settled(mesh), 60)
        load.end()
    load.assert_whole()
    assert not before & set(ready(mesh))


def test_another_service_account_fails_no_request(mesh: Lab) -> None:
    """New pods run under an identity that callers did not trust before, and do in time."""
    as_before = workload("web", HTTPBIN, 1, PROBED, "v2")
    container = "    spec:\n      containers:"
    under_another = as_before.replace(
        container, container.replace("containers", "serviceAccountName: another\n      containers")
    )
    assert under_another != as_before
    with under_load(mesh, "deploy/client", URL) as load:
        for text in (under_another, as_before):
            before = set(ready(mesh, "web-v2"))
            assert before
            mesh.apply(text)
            until(partial(replaced, mesh, before))
        load.end()
    load.assert_whole()


def test_requests_on_their_way_are_answered_before_a_pod_ends(mesh: Lab) -> None:
    """Slow answers and uploads outlive the drain of the pod that gives them."""
    slow = ("--method=POST", "--data=" + "x" * 10_000)
    with under_load(
        mesh, "deploy/client", "http://web/delay/0.5", *slow, rate=20, connections=16
    ) as load:
        for name in ("web", "web-v2"):
            mesh.run("restart", f"deploy/{name}", "--name", mesh.name)
            until(lambda: not settled(mesh), 5)
            until(lambda: settled(mesh), 60)
        load.end()
    load.assert_whole()


def test_a_deleted_pod_is_not_missed(mesh: Lab) -> None:
    """`delete pod` takes it out of every proxy before it ends."""
    with under_load(mesh, "deploy/client", URL) as load:
        mesh.run("delete", "pod", ready(mesh)[0], "--name", mesh.name)
        until(partial(has_ready, mesh, 2))
        load.end()
    load.assert_whole()


def test_scaling_up_and_down_fails_no_request(mesh: Lab) -> None:
    """1 to 4 pods and back."""
    with under_load(mesh, "deploy/client", URL) as load:
        for replicas in (1, 4, 1, 2):
            mesh.run("scale", "deploy/web", "--replicas", str(replicas), "--name", mesh.name)
            until(partial(has_ready, mesh, replicas))
        load.end()
    load.assert_whole()


def test_without_any_pod_calls_fail_at_once_and_work_with_the_first(mesh: Lab) -> None:
    """Scaled to zero: 503 quickly and nothing else; scaled back: answers, and only answers."""
    with under_load(mesh, "deploy/client", URL) as load:
        for name in ("web", "web-v2"):
            mesh.run("scale", f"deploy/{name}", "--replicas", "0", "--name", mesh.name)
        until(lambda: mesh.status_of("deploy/client", URL) == 503)
        began = time.monotonic()
        assert mesh.status_of("deploy/client", URL) == 503
        assert time.monotonic() - began < 2
        for name, replicas in (("web", "2"), ("web-v2", "1")):
            mesh.run("scale", f"deploy/{name}", "--replicas", replicas, "--name", mesh.name)
        until(lambda: settled(mesh) and mesh.status_of("deploy/client", URL) == 200)
        load.end()
    assert load.report["errors"] == {}, load.report
    assert set(load.report["by_status"]) == {"200", "503"}, load.report
    load.assert_floor()
    with under_load(mesh, "deploy/client", URL) as after:
        after.end()
    after.assert_whole()


def test_routes_subsets_and_clusters_are_swapped_under_load(mesh: Lab) -> None:
    """Each change takes subsets by new names, other weights and another connection pool: what
    is pointed at comes first and leaves last."""
    names = cycle(("a", "b", "c", "d", "e"))
    with under_load(mesh, "deploy/client", URL, rate=200) as load:
        for round_ in range(SWAPS):
            first, second = islice(names, 2)
            share = round_ % 101
            text = SUBSETS.format(limit=1000 + round_ % 2, first=first, second=second)
            text += ROUTE.format(
                round=round_, share=share, rest=100 - share, first=first, second=second
            )
            plane(mesh).apply([("swap.yaml", text.encode())])
            until(lambda: whole(mesh))
        load.end()
    load.assert_whole()
    last = mesh.curl("deploy/client", URL, "-o", "/dev/null", "-D", "-")
    assert f"x-round: {SWAPS - 1}" in last
    mesh.delete(text)


def test_a_stopped_envoy_slows_nobody(mesh: Lab) -> None:
    """While one proxy is frozen, changes reach the other as fast as before; thawed, it gets the
    last of them in one go."""
    rows = ask(mesh, "agent", {"op": "status"})["proxies"]
    frozen = next(r["pod"] for r in rows if r["workload"] == "default/watcher")

    def took(round_: int) -> float:
        subsets = SUBSETS.format(limit=1024, first="a", second="b")
        text = subsets + ROUTE.format(round=round_, share=50, rest=50, first="a", second="b")
        began = time.monotonic()
        plane(mesh).apply([("route.yaml", text.encode())])
        until(lambda: heard(round_))
        return time.monotonic() - began

    def heard(round_: int) -> bool:
        rows = {r["pod"]: r for r in ask(mesh, "agent", {"op": "status"})["proxies"]}
        return all(row["synced"] for pod, row in rows.items() if pod != frozen)

    took(0)
    until(lambda: whole(mesh))
    usual = sorted(took(n) for n in range(1, 11))
    before = pushed(mesh, "agent", "responses")[frozen, "VirtualHost"]
    kill(mesh, f"envoy/{frozen}", signal.SIGSTOP)
    try:
        while_frozen = sorted(took(n) for n in range(100, 130))
    finally:
        kill(mesh, f"envoy/{frozen}", signal.SIGCONT)
    until(lambda: "x-round: 129" in mesh.curl("deploy/watcher", URL, "-D", "-"))
    print(f"median {usual[5] * 1000:.0f} ms, with one frozen {while_frozen[15] * 1000:.0f} ms")
    assert while_frozen[len(while_frozen) // 2] < 3 * usual[len(usual) // 2] + 0.05
    assert pushed(mesh, "agent", "responses")[frozen, "VirtualHost"] - before <= 3
    assert mesh.status_of("deploy/client", URL) == 200
