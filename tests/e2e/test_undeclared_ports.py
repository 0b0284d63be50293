"""Ports of which nobody said what they speak, as they come, go and become known."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.e2e.written import sleeper

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
DRAIN_BEATS = 140
"""More beats than there are in the time that Envoy takes to drain a listener (5 s)."""

SERVER = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec:
  containers:
  - name: app
    image: python
    command:
    - python3
    - -c
    - |
      import socket, socketserver, threading
      class Echo(socketserver.BaseRequestHandler):
          def handle(self):
              self.request.sendall(GREETING)
              while data := self.request.recv(4096):
                  self.request.sendall(data)
      class Server(socketserver.ThreadingTCPServer):
          address_family = socket.AF_INET6
          daemon_threads = allow_reuse_address = True
      second = Server(("::", 7002), Echo)
      threading.Thread(target=second.serve_forever, daemon=True).start()
      Server(("::", 7001), Echo).serve_forever()
    readinessProbe: {tcpSocket: {port: 7001}, periodSeconds: 1}
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {app}}}, ports: [{{{port}, targetPort: {target}}}]}}
---
"""
ECHO = SERVER.replace("NAME", "echo").replace("GREETING", 'b""')
GREETER = SERVER.replace("NAME", "greeter").replace("GREETING", 'b"220 hello"')
DECLARED = SERVICE.format(name="declared", app="echo", port="name: tcp, port: 7100", target=7001)
ANY = SERVICE.format(name="any", app="echo", port="port: 7200", target=7001)
OTHER = SERVICE.format(name="other", app="greeter", port="port: 7300", target=7002)


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client, an echo on a declared and an undeclared port, and a server that speaks first."""
    lab.home.mkdir(exist_ok=True)
    lab.up_text("".join((ECHO, GREETER, DECLARED, ANY, OTHER, sleeper("client"))))
    return lab


def listeners(mesh: Lab) -> set[str]:
    """Those of the client's proxy."""
    return {row["name"] for row in mesh.json("proxy", "listeners", "deploy/client")}


def test_a_port_that_no_container_declares_is_known_when_it_was_heard(mesh: Lab) -> None:
    """Its server speaks first; the platform asked it before the pod was ready."""
    assert "outbound|7200" in listeners(mesh)
    assert "outbound|7300" not in listeners(mesh)
    told = mesh.json("explain", "--from", "deploy/client", "tcp://other:7300")
    assert told["listener"] == "outbound"


@pytest.fixture
def beating(mesh: Lab) -> Iterator[subprocess.Popen[str]]:
    """Connections to a declared and an undeclared port that beat for as long as a test runs."""
    words = (*mesh.env_words(), mesh.command()[0], str(HERE / "beating_client.py"))
    running = mesh.start(
        "exec", "--name", mesh.name, "deploy/client", "--", *words, "declared:7100", "any:7200"
    )
    assert heard(running, 1) == ["beat"]
    yield running
    running.kill()
    running.communicate()


def heard(running: subprocess.Popen[str], beats: int) -> list[str]:
    """The next lines of a beating client."""
    assert running.stdout is not None
    return sorted({running.stdout.readline().strip() for _ in range(beats)})


def test_live_connections_outlast_ports_that_come_go_and_become_known(
    mesh: Lab, beating: subprocess.Popen[str]
) -> None:
    """An undeclared port of somebody else drains neither the listener of declared ports nor that of
    another undeclared one."""
    another = SERVICE.format(name="another", app="client", port="port: 7400", target=1)
    mesh.apply(another)
    until(lambda: "outbound|7400" in listeners(mesh))
    mesh.apply(another.replace("port: 7400", "name: tcp, port: 7400"))
    until(lambda: "outbound|7400" not in listeners(mesh))
    mesh.apply(another)
    until(lambda: "outbound|7400" in listeners(mesh))
    mesh.delete(another)
    until(lambda: "outbound|7400" not in listeners(mesh))
    assert heard(beating, DRAIN_BEATS) == ["beat"]
