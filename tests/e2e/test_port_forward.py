"""`gossamer port-forward`: to the application in its pod's network, as kubectl does it."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.lab_under_test import Lab, ordinary_users_lab, until
from tests.e2e.small_mesh import service, workload

pytestmark = pytest.mark.e2e

STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: all}
spec: {mtls: {mode: STRICT}}
---
"""
NAMED = "ports: [{name: web, containerPort: 8080}]"
ECHO = workload("echo", "istio/tcp-echo-server", more="args: ['9000', 'hello']")
MANIFESTS = (
    STRICT
    + workload("web", replicas=2, more=NAMED)
    + service("web", 80, 8080)
    + ECHO
    + service("echo", 7, 9000, "tcp")
)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Lab]:
    """A lab of an ordinary user, whose proxies refuse every caller from outside the mesh."""
    with ordinary_users_lab("forward") as lab:
        lab.up_text(MANIFESTS)
        yield lab


@contextmanager
def forwarded(lab: Lab, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command, running, and the first local port that it says it has."""
    ran = lab.start("port-forward", "--name", lab.name, *words)
    try:
        assert ran.stdout is not None
        line = ran.stdout.readline()
        assert line.startswith("Forwarding from 127.0.0.1:"), (line, ran.stderr)
        yield ran, int(line.split(" -> ")[0].rpartition(":")[2])
    finally:
        if ran.poll() is None:
            ran.send_signal(signal.SIGINT)
        ran.communicate(timeout=20)


def got(port: int, host: str = "127.0.0.1") -> int:
    """The status of a GET; 0 where the connection is refused or broken off."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/status/200", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.parametrize("target", ["svc/web :80", "deploy/web :web", "services/web :http"])
def test_it_reaches_the_application_past_its_proxy(mesh: Lab, target: str) -> None:
    """A Service's port is its own, a workload's that of its pods; both have names. STRICT does not
    matter, for the proxy is not on the way."""
    with forwarded(mesh, *target.split()) as (_, port):
        assert got(port) == 200


def test_ctrl_c_ends_it_with_130(mesh: Lab) -> None:
    """As with kubectl, and nothing listens afterwards."""
    with forwarded(mesh, "svc/web", ":80") as (ran, port):
        ran.send_signal(signal.SIGINT)
        assert ran.wait(10) == 130
    assert got(port) == 0


def test_half_a_close_is_carried(mesh: Lab) -> None:
    """Whoever has said all with the first bytes still hears the answer, a hundred times."""
    with forwarded(mesh, "svc/echo", ":7") as (_, port):
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall(b"world\n")
                line.shutdown(socket.SHUT_WR)
                assert line.makefile("rb").read() == b"hello world\n"


def test_many_connections_at_once(mesh: Lab) -> None:
    """Three hundred stay open, and each has its own answer."""
    with forwarded(mesh, "svc/echo", ":7") as (_, port):
        lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(300)]
        for number, line in enumerate(lines):
            line.sendall(f"{number}\n".encode())
        answers = [line.recv(100) for line in lines]
        for line in lines:
            line.close()
    assert answers == [f"hello {number}\n".encode() for number in range(300)]


def test_a_replaced_pod_is_followed(mesh: Lab) -> None:
    """The same command goes on to the pods that come after."""
    with forwarded(mesh, "deploy/web", ":8080") as (ran, port):
        assert got(port) == 200
        for pod in [each["name"] for each in mesh.json("get", "pods") if "web-" in each["name"]]:
            mesh.run("delete", "pod", pod, "--name", mesh.name)
        until(lambda: got(port) == 200)
        assert ran.poll() is None


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ("svc/nope 80", 1, "there is no Service default/nope"),
        ("svc/web 81", 1, "Service default/web has no port 81; nothing is forwarded: it has 80"),
        ("deploy/web :nope", 1, "has no port nope; nothing is forwarded: it has web"),
        ("nope 80", 1, "there is no Pod default/nope"),
        ("svc/web 80x:80", 2, "is not a valid port"),
        ("svc/web 70000:80", 2, "is not a valid port"),
        ("svc/web :80 --address 0.0.0.0", 2, "is not an address of this machine's loopback"),
    ],
)
def test_what_cannot_be_is_told(mesh: Lab, words: str, status: int, text: str) -> None:
    """Who, what, effect and remedy; nothing listens."""
    done = mesh.run("port-forward", "--name", mesh.name, *words.split(), ok=False, timeout=30)
    assert done.returncode == status
    assert text in " ".join(done.stderr.split())


def test_a_taken_port_is_told_and_others_are_served(mesh: Lab) -> None:
    """One of two: the other works. None: exit 1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"{server.getsockname()[1]}:80"
        words = ("port-forward", "--name", mesh.name, "--address", "127.0.0.1", "svc/web")
        done = mesh.run(*words, taken, ok=False, timeout=30)
        assert done.returncode == 1
        assert "unable to listen on 127.0.0.1:" in done.stderr
        with forwarded(mesh, "--address", "127.0.0.1", "svc/web", taken, ":80") as (_, port):
            assert got(port) == 200


def test_a_port_that_nobody_listens_on_is_told(mesh: Lab) -> None:
    """The caller's connection ends at once, and the command says why and goes on."""
    with forwarded(mesh, "deploy/web", ":4321") as (ran, port):
        assert got(port) == 0
        assert ran.stderr is not None
        assert "port 4321: connection refused" in ran.stderr.readline()
        assert ran.poll() is None
