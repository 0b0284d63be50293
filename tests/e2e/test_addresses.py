"""What a lab offers at 127.0.0.1: Services without a gateway, through their pods' own proxies."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, ordinary_users_lab, until
from tests.e2e.small_mesh import CLIENT, workload

pytestmark = pytest.mark.e2e

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  type: {type}
  selector: {{app: {app}}}
  ports: [{{name: {scheme}, port: {port}, targetPort: {target}}}]
---
"""


def opened(name: str, type_: str, port: int, target: int = 8080, scheme: str = "http") -> str:
    """A Service over the pods of an app of its name."""
    return SERVICE.format(name=name, type=type_, app=name, scheme=scheme, port=port, target=target)


STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: locked}
spec: {selector: {matchLabels: {app: locked}}, mtls: {mode: STRICT}}
---
"""
ECHO = workload("echo", "istio/tcp-echo-server", more="args: ['9000', 'hello']")
MANIFESTS = (
    CLIENT
    + workload("front", replicas=2)
    + opened("front", "LoadBalancer", 18080)
    + workload("locked")
    + opened("locked", "NodePort", 18081)
    + STRICT
    + ECHO
    + opened("echo", "LoadBalancer", 18082, 9000, "tcp")
    + workload("inner")
    + opened("inner", "ClusterIP", 80)
)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Lab]:
    """A lab of an ordinary user."""
    with ordinary_users_lab("addresses") as lab:
        lab.up_text(MANIFESTS)
        yield lab


def row(lab: Lab, name: str) -> dict[str, Any]:
    """What is told of a Service's address."""
    rows: list[dict[str, Any]] = lab.json("open")
    return next(each for each in rows if each["name"] == f"default/{name}")


def got(url: str) -> int:
    """The status of a GET; 0 where the connection is refused or broken off."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_load_balancer_answers_through_the_sidecar(mesh: Lab) -> None:
    """Its pods' own proxies take the call as one from outside the mesh, and count it."""
    url = row(mesh, "front")["url"]
    assert got(f"{url}/status/200") == 200
    with urllib.request.urlopen(f"{url}/headers", timeout=10) as answer:
        headers = json.load(answer)["headers"]
    assert "X-Forwarded-Client-Cert" not in headers
    edges = until(lambda: [e for e in mesh.json("traffic") if e["destination"] == "default/front"])
    assert any(not edge["mtls"] for edge in edges)


def test_get_services_shows_where_a_load_balancer_is(mesh: Lab) -> None:
    """Its EXTERNAL-IP is the address that `open` lists; nothing is pending in a lab."""
    lines = mesh.run("get", "svc", "--name", mesh.name).stdout.splitlines()
    cells = next(line.split() for line in lines if line.startswith("front "))
    assert f"http://{cells[3]}" == row(mesh, "front")["url"]


def test_tcp_is_carried_both_ways_after_half_a_close(mesh: Lab) -> None:
    """A client that has said all it will still hears the answer."""
    url = row(mesh, "echo")["url"]
    assert url.startswith("tcp://127.0.0.1:")
    with socket.create_connection(("127.0.0.1", port_of(url)), timeout=10) as line:
        line.sendall(b"one\n")
        first = line.recv(100)
        line.sendall(b"two\n")
        line.shutdown(socket.SHUT_WR)
        rest = b"".join(iter(lambda: line.recv(100), b""))
    assert (first, rest) == (b"hello one\n", b"hello two\n")


def test_a_strict_workload_has_no_address_until_it_is_permissive(mesh: Lab) -> None:
    """It would refuse every call; the list says so, and gives the address once that is over."""
    locked = row(mesh, "locked")
    assert locked["url"] is None
    assert "STRICT" in locked["note"]
    shown = mesh.run("open", "--name", mesh.name).stdout
    assert f"gossamer port-forward --name {mesh.name} svc/locked :18081" in shown
    done = mesh.run("open", "locked", "--name", mesh.name, ok=False)
    assert done.returncode == 1
    mesh.apply(STRICT.replace("STRICT", "PERMISSIVE"))
    url = until(lambda: row(mesh, "locked")["url"])
    until(lambda: got(f"{url}/status/200") == 200)
    mesh.apply(STRICT)
    until(lambda: row(mesh, "locked")["url"] is None)
    until(lambda: got(f"{url}/status/200") == 0)


def test_only_what_is_declared_open_has_an_address(mesh: Lab) -> None:
    """A ClusterIP Service beside load balancers stays inside; `open` says how to reach it."""
    names = {each["name"] for each in mesh.json("open")}
    assert names == {"default/front", "default/locked", "default/echo"}
    done = mesh.run("open", "inner", "--name", mesh.name, ok=False)
    assert done.returncode == 1
    assert "gossamer port-forward" in done.stderr
    near = mesh.run("open", "fornt", "--name", mesh.name, ok=False)
    assert "did you mean default/front?" in near.stderr


def test_an_address_outlives_its_pods(mesh: Lab) -> None:
    """All are replaced, and the Service is at the same port."""
    url = row(mesh, "front")["url"]
    for pod in [each for each in mesh.json("get", "pods") if each["workload"] == "front"]:
        mesh.run("delete", "pod", pod["name"], "--name", mesh.name)
    until(lambda: got(f"{url}/status/200") == 200)
    assert row(mesh, "front")["url"] == url


def test_only_loopback_is_listened_on(mesh: Lab) -> None:
    """Nobody on the network comes to a lab's ports."""
    ports = {port_of(each["url"]) for each in mesh.json("open") if each["url"]}
    assert ports
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            fields = [line.split() for line in lines][1:]
        listening += [f[1] for f in fields if f[3] == "0A"]
    ours = [each for each in listening if int(each.rpartition(":")[2], 16) in ports]
    assert ours
    assert {each.rpartition(":")[0] for each in ours} == {"0100007F"}


def test_a_port_that_is_taken_gives_way_to_the_next_and_stays_there(mesh: Lab) -> None:
    """The same address at the next start, as long as it is free."""
    before = {each["name"]: each["url"] for each in mesh.json("open")}
    assert port_of(before["default/front"]) >= 18080
    memory = json.loads((mesh.folder / "ports.json").read_text())["ports"]
    assert memory["service default/front 18080"] == port_of(before["default/front"])
