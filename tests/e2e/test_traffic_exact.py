"""`gossamer traffic` tells what callers and servers counted themselves, whatever was killed.

Requests agree exactly, bytes within 2 %. Everything is compared since the lab's start, so a call
that is counted twice or lost in one test fails those after it as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gossamer.plane.client import PlaneUnreachable
from tests.e2e.failures import ask, kill_and_await, plane, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.written import deployment, sleeper

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

HERE = Path(__file__).parent
SERVER, CLIENT = HERE / "counting_server.py", HERE / "counting_client.py"
RUN = f"gossamer.dev/run: '{sys.executable} {SERVER}'"

PORTS = {"http": 80, "http2": 81, "grpc": 82, "tcp": 9000}
ROWS = {"http": ("8080", "8081"), "grpc": ("8082",), "tcp": ("9000",)}
"""A row's protocol, and the ports of the server that it stands for."""

APPS = ("web", "bare")
SMALL, LARGE = (100, 200), (300_000, 500_000)
HELD = 1_000_000

SERVICES = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports:
  - {{name: http, port: 80, targetPort: 8080}}
  - {{name: http2, port: 81, targetPort: 8081}}
  - {{name: grpc, port: 82, targetPort: 8082}}
  - {{name: tcp, port: 9000}}
---
"""

DOOR = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: door}
spec:
  hosts: ["*"]
  gateways: [door]
  http: [{route: [{destination: {host: web, port: {number: 80}}}]}]
---
"""

Seen = tuple[int, int, int]
"""Requests; bytes sent; bytes received: as the caller sees them."""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A caller, a server with a proxy (`web`), one without (`bare`), and a gateway."""
    lab.home.mkdir(exist_ok=True)
    unmeshed = f"{{{RUN}, sidecar.istio.io/inject: 'false'}}"
    pods = sleeper("client") + deployment("web", annotations=f"{{{RUN}}}")
    pods += deployment("bare", annotations=unmeshed)
    lab.up_text(pods + "".join(SERVICES.format(name=name) for name in APPS) + DOOR)
    return lab


def call(lab: Lab, protocol: str, app: str, count: int, size: tuple[int, int], *rate: str) -> None:
    """Make calls from the client; every one was answered well."""
    words = ("calls", protocol, f"{app}:{PORTS[protocol]}", str(count), *map(str, size), *rate)
    done = lab.exec("deploy/client", sys.executable, str(CLIENT), *words)
    report = json.loads(done.stdout)
    assert report["errors"] == {}, report
    assert sum(report["answered"].values()) == count, report
    assert set(report["answered"]) <= {"200", "echoed"}, report


@contextmanager
def held(lab: Lab, protocol: str, app: str) -> Iterator[None]:
    """A stream over which HELD bytes went, and which stays open while the block runs."""
    words = ("hold", protocol, f"{app}:{PORTS[protocol]}", str(HELD))
    head = (
        *lab.command(),
        "exec",
        "-i",
        "--name",
        lab.name,
        "-n",
        "default",
        "deploy/client",
        "--",
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    argv = (*head, sys.executable, str(CLIENT), *words)
    with subprocess.Popen(argv, **pipes, env=lab.variables()) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield
        process.communicate("\n", timeout=30)


def served(lab: Lab, app: str, protocol: str) -> Seen:
    """What a server counted."""
    told = json.loads(lab.exec(f"deploy/{app}", "curl", "-s", "http://127.0.0.1:9999/").stdout)
    ports = ROWS[protocol]
    requests, sent, received = (
        sum(told[what].get(port, 0) for port in ports) for what in ("requests", "received", "sent")
    )
    return requests, sent, received


def told(lab: Lab, app: str, protocol: str, source: str = "deploy/client") -> Seen:
    """What `traffic` says."""
    rows = lab.json("traffic", source, f"deploy/{app}")
    (row,) = [row for row in rows if row["protocol"] == protocol]
    return row["requests_total"], row["sent_bytes_total"], row["received_bytes_total"]


def summed(lab: Lab, app: str, protocol: str) -> Seen:
    """What `traffic` says of all callers together."""
    rows = lab.json("traffic")
    mine = [r for r in rows if (r["destination"], r["protocol"]) == (f"default/{app}", protocol)]
    requests, sent, received = (
        sum(row[f"{what}_total"] for row in mine)
        for what in ("requests", "sent_bytes", "received_bytes")
    )
    return requests, sent, received


def near(one: float, other: float) -> bool:
    """Within 2 %."""
    return abs(one - other) <= 0.02 * max(one, other)


def agreed(lab: Lab, app: str, protocol: str, open_streams: int = 0) -> bool:
    """Whether `traffic` says what the server counted; streams are requests when they end."""
    requests, sent, received = served(lab, app, protocol)
    said = summed(lab, app, protocol)
    truth = (requests - open_streams, sent, received)
    assert said[0] == truth[0], (app, protocol, said, truth)
    # A server's own proxy adds headers and frames on its way in, so there only bodies compare.
    if app == "bare" or protocol == "tcp" or sent > HELD:
        assert near(said[1], truth[1]), (app, protocol, said, truth)
        assert near(said[2], truth[2]), (app, protocol, said, truth)
    return True


def all_agree(lab: Lab) -> None:
    """Every row comes to say what the servers counted."""
    for app in APPS:
        for protocol in ROWS:
            until(partial(agreed, lab, app, protocol))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_calls_are_counted_exactly(mesh: Lab, size: tuple[int, int]) -> None:
    """Over HTTP/1.1, HTTP/2, gRPC and TCP, with mTLS and in plaintext: as many as the client
    made and the servers answered, and as many bytes."""
    for app in APPS:
        for protocol in PORTS:
            call(mesh, protocol, app, 40, size)
    all_agree(mesh)
    rows = mesh.json("traffic", "deploy/client")
    assert {row["destination"]: row["mtls"] for row in rows} == {
        "default/web": True,
        "default/bare": False,
    }


def test_streams_are_counted_while_they_run(mesh: Lab) -> None:
    """Bytes of an open stream are told before it ends, on the right row, and once."""
    for app in APPS:
        with ExitStack() as open_:
            for protocol in PORTS:
                open_.enter_context(held(mesh, protocol, app))
            for row in ROWS:
                until(partial(agreed, mesh, app, row, open_streams=len(ROWS[row])))
    all_agree(mesh)


def test_a_gateway_counts_each_call_once(mesh: Lab) -> None:
    """Thirty calls from outside are thirty on the gateway's edge."""
    (door,) = ask(mesh, "holder", {"op": "gateways"})["gateways"]
    for _ in range(30):
        subprocess.run(["curl", "-sf", "-o", "/dev/null", f"{door['url']}/size/10"], check=True)
    all_agree(mesh)
    assert told(mesh, "web", "http", "istio-system/ingressgateway")[0] == 30


Samples = list[dict[tuple[str, ...], Seen]]


@contextmanager
def sampled(lab: Lab) -> Iterator[Samples]:
    """What the plane tells all the while, ten times a second, whenever it answers."""
    samples: Samples = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            try:
                told = plane(lab).traffic()
            except (PlaneUnreachable, OSError):
                continue
            if not told["known"]:
                continue
            samples.append(
                {
                    (r["source"], str(r["destination"]), r["protocol"], str(r["mtls"])): (
                        r["requests_total"],
                        r["sent_bytes_total"],
                        r["received_bytes_total"],
                    )
                    for r in told["edges"]
                }
            )

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield samples
    finally:
        ended.set()
        looking.join()


def backwards(samples: Samples) -> list[str]:
    """Each time that a counter fell, or an edge was gone."""
    falls = []
    for before, after in pairwise(samples):
        for edge, seen in before.items():
            now = after.get(edge)
            if now is None or any(n < b for n, b in zip(now, seen, strict=True)):
                falls.append(f"{edge}: {seen} -> {now}")
    return falls


@pytest.mark.parametrize("part", ["plane", "agent", "server's Envoy"])
def test_a_kill_under_load_loses_no_count(mesh: Lab, part: str) -> None:
    """Parts killed while calls go on and a stream is open: nothing is lost, doubled, or told
    backwards. The server whose proxy is killed is called again once it is back."""
    before = told(mesh, "bare", "http")[0]
    with sampled(mesh) as samples, held(mesh, "tcp", "bare"):
        load = threading.Thread(target=call, args=(mesh, "grpc", "bare", 1000, SMALL, "100"))
        load.start()
        for _ in range(2):
            kill_and_await(mesh, process(mesh, part))
            until(lambda: whole(mesh))
        load.join()
        call(mesh, "http", "bare", 40, SMALL)
        call(mesh, "http", "web", 40, SMALL)
    all_agree(mesh)
    assert told(mesh, "bare", "http")[0] == before + 40
    assert len(samples) > 10
    assert backwards(samples) == []


def process(lab: Lab, part: str) -> str:
    """The name by which the holder knows it."""
    if part in ("plane", "agent"):
        return part
    app = "web" if part.startswith("server") else "client"
    (pod,) = [row["pod"] for row in lab.json("status")["proxies"] if f"/{app}-" in row["pod"]]
    return f"envoy/{pod}"


def test_a_killed_caller_keeps_its_counts(mesh: Lab) -> None:
    """Its Envoy begins anew at zero; what it had told stays, open streams' bytes too."""
    with sampled(mesh) as samples:
        all_agree(mesh)
        for _ in range(2):
            kill_and_await(mesh, process(mesh, "client's Envoy"))
            until(lambda: whole(mesh))
            for protocol in PORTS:
                call(mesh, protocol, "web", 20, SMALL)
            all_agree(mesh)
    assert backwards(samples) == []
