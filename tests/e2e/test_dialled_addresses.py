"""Which service or pod a call reaches, where the address that was dialled decides."""

from __future__ import annotations

from typing import Any

import pytest
from lab_under_test import Lab, until

pytestmark = pytest.mark.e2e

MANIFESTS = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: tcp, port: 9091}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: app
        image: python
        command:
        - python3
        - -c
        - |
          import os, socket, socketserver
          class Greet(socketserver.BaseRequestHandler):
              def handle(self):
                  self.request.sendall(os.environ["HOSTNAME"].encode())
          class Server(socketserver.ThreadingTCPServer):
              address_family = socket.AF_INET6
          Server(("::", 9091), Greet).serve_forever()
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: other}
spec: {selector: {app: nobody}, ports: [{name: http, port: 9091}]}
---
apiVersion: v1
kind: Service
metadata: {name: written}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: written, labels: {kubernetes.io/service-name: written}}
endpoints: [{addresses: [1.2.3.4]}]
ports: [{name: http, port: 80}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: written}
spec:
  hosts: [written]
  http:
  - match: [{uri: {prefix: /rule}}]
    directResponse: {status: 418}
  - route: [{destination: {host: written}}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: app, image: docker.io/mccutchen/go-httpbin}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: app, image: sleep}]}
"""

GREETED = """
import socket, sys
with socket.create_connection((sys.argv[1], 9091), timeout=8) as s:
    print(s.makefile().read())
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A headless service of pods that speak first, and one whose endpoint somebody wrote down."""
    lab.up_text(MANIFESTS)
    return lab


def greeting(mesh: Lab, where: str) -> str:
    """Who answers a client that dials that name or address."""
    words = (mesh.command()[0], "-c", GREETED, where)
    return mesh.exec("client", *words).stdout.strip()


def pods(mesh: Lab) -> dict[str, str]:
    return {p["name"]: p["ip"] for p in mesh.json("get", "pods") if p["workload"] == "db"}


def explained(mesh: Lab, url: str) -> Any:
    return mesh.json("explain", "--from", "client", url)


def test_a_dialled_pod_is_that_pod(mesh: Lab) -> None:
    """On a port that is HTTP for some service of the mesh too: by address, by name (IPv6 first),
    every time; and `explain` says the same."""
    for name, address in pods(mesh).items():
        for where in (address, f"{name}.db"):
            assert {greeting(mesh, where) for _ in range(6)} == {name}
            told = explained(mesh, f"tcp://{where}:9091")
            assert [b["pod"] for b in told["backends"]] == [f"default/{name}"]
            assert all(b["mtls"] for b in told["backends"])


def test_a_headless_name_reaches_one_of_its_pods(mesh: Lab) -> None:
    """The resolver offers all, and whichever is dialled answers."""
    assert greeting(mesh, "db") in pods(mesh)


def test_endpoints_that_are_no_pods_follow_the_rules(mesh: Lab) -> None:
    """A call to a headless service is routed as HTTP whatever stands behind it, and reaches the
    address that somebody wrote down."""
    assert mesh.status_of("client", "http://written/rule") == 418
    told = explained(mesh, "http://written/")
    assert (told["verdict"], told["backends"][0]["address"]) == ("routed", "1.2.3.4:80")
    pinned = ("--connect-to", "any.written:80:1.2.3.4:80")
    assert mesh.status_of("client", "http://any.written/rule", *pinned) == 418


ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: split-{port}}}
spec:
  hosts: [split.example.com]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{{number: {port}, name: {protocol}, protocol: {protocol}, targetPort: 8080}}]
  endpoints: [{{address: {address}}}]
---
"""


def test_the_ports_of_two_entries_serve_at_one_address(mesh: Lab) -> None:
    """One declares HTTP on 80, the other bytes on 443; the workload at their endpoint, which no
    Service selects, reads requests by their word."""
    address = next(p["ip"] for p in mesh.json("get", "pods") if p["name"] == "web")
    both = (("HTTP", 80), ("TCP", 443))
    mesh.apply("".join(ENTRY.format(port=n, protocol=p, address=address) for p, n in both))
    for port in (80, 443):
        where = f"http://split.example.com:{port}/status/204"
        until(lambda url=where: mesh.status_of("client", url) == 204)
    held = {row["name"] for row in mesh.json("proxy", "clusters", "web")}
    assert "inbound|8080||" in held
