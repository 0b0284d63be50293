"""Which service or pod a call reaches, where the address that was dialled decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, answers, until

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
metadata: {name: peers}
spec: {clusterIP: None, selector: {app: peers}, ports: [{name: http, port: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: peers}
spec:
  serviceName: peers
  replicas: 2
  selector: {matchLabels: {app: peers}}
  template:
    metadata: {labels: {app: peers}}
    spec: {containers: [{name: app, image: docker.io/mccutchen/go-httpbin}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: peers}
spec:
  hosts: [peers]
  http:
  - match: [{uri: {prefix: /rule}}]
    directResponse: {status: 418}
  - route: [{destination: {host: peers}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [shop.example.com, "*.shops.example.com"]
  http:
  - match: [{uri: {prefix: /rule}}]
    directResponse: {status: 418}
  - route: [{destination: {host: web}}]
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
metadata: {name: lone}
spec: {containers: [{name: app, image: docker.io/mccutchen/go-httpbin}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: app, image: docker.io/mccutchen/go-httpbin}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - match: [{uri: {prefix: /rule}}]
    directResponse: {status: 418}
  - route: [{destination: {host: web}}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}
---
apiVersion: v1
kind: Pod
metadata: {name: eager, annotations: {gossamer.dev/discovery: eager}}
spec: {containers: [{name: app, image: sleep}]}
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
    """A headless service of pods that speak first, and one whose endpoint an author wrote down."""
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
    address that an author wrote down."""
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
    """One declares HTTP on 80, the other bytes on 443."""
    address = next(p["ip"] for p in mesh.json("get", "pods") if p["name"] == "lone")
    both = (("HTTP", 80), ("TCP", 443))
    mesh.apply("".join(ENTRY.format(port=n, protocol=p, address=address) for p, n in both))
    for port in (80, 443):
        answers(mesh, "client", f"http://split.example.com:{port}/status/204", 204)
    held = {row["name"] for row in mesh.json("proxy", "clusters", "lone")}
    assert "inbound|8080||" in held


CALLERS = ("client", "eager")
HOSTS = ("nobody.example", "nobody.example:99", "WEB.", "192.0.2.7", "[2001:db8::7]", "localhost")


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_nobody_declares_reaches_whoever_was_dialled(
    mesh: Lab, caller: str, host: str
) -> None:
    """With mutual TLS, by the service's own rules, under the Host that was written."""
    named = ("-H", f"Host: {host}")
    headers = json.loads(mesh.curl(caller, "http://web/headers", *named))["headers"]
    assert headers["Host"] == [host]
    assert "sa/default" in headers["X-Forwarded-Client-Cert"][0]
    assert not any("gossamer" in name.lower() for name in headers)
    assert mesh.status_of(caller, "http://web/rule", *named) == 418
    told = mesh.json("explain", "--from", caller, "-H", f"Host: {host}", "http://web/rule")
    assert (told["verdict"], told["status"]) == ("direct_response", 418)


@pytest.mark.parametrize("caller", CALLERS)
def test_the_pod_that_a_caller_of_a_headless_service_dialled_answers(
    mesh: Lab, caller: str
) -> None:
    """HTTP under the service's Host at one pod's address: that pod, every time, with mutual TLS and
    by the service's rules; by its name, whichever pod the resolver gave."""
    by_name = {p["name"]: p["ip"] for p in mesh.json("get", "pods") if p["workload"] == "peers"}
    for name, address in by_name.items():
        named = ("-H", "Host: peers:8080")
        url = f"http://{address}:8080"
        for _ in range(4):
            seen = json.loads(mesh.curl(caller, f"{url}/hostname", *named))
            assert seen["hostname"] == name
        headers = json.loads(mesh.curl(caller, f"{url}/headers", *named))["headers"]
        assert "sa/default" in headers["X-Forwarded-Client-Cert"][0]
        assert not any("gossamer" in header.lower() for header in headers)
        assert mesh.status_of(caller, f"{url}/rule", *named) == 418
        told = mesh.json("explain", "--from", caller, "-H", "Host: peers:8080", f"{url}/")
        assert [(b["pod"], b["mtls"]) for b in told["backends"]] == [(f"default/{name}", True)]
    found = json.loads(mesh.curl(caller, "http://peers:8080/hostname"))
    assert found["hostname"] in by_name


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("host", ["shop.example.com", "one.shops.example.com"])
def test_routes_of_a_host_that_no_registry_knows_hold(mesh: Lab, caller: str, host: str) -> None:
    """By the Host, whatever address of the mesh was dialled: a service's or a pod's."""
    lone = next(p["ip"] for p in mesh.json("get", "pods") if p["name"] == "lone")
    named = ("-H", f"Host: {host}")
    for where in ("http://web", f"http://{lone}:8080"):
        assert mesh.status_of(caller, f"{where}/rule", *named) == 418
    assert mesh.status_of(caller, "http://web/status/204", *named) == 204
    told = mesh.json("explain", "--from", caller, "-H", f"Host: {host}", "http://web/rule")
    assert (told["verdict"], told["status"]) == ("direct_response", 418)


def test_the_first_request_to_an_unknown_host_may_have_a_body(mesh: Lab) -> None:
    """It waits for two discoveries, and nothing of it is lost."""
    words = ("-H", "Host: with-a-body.example", "-d", "a=1")
    assert json.loads(mesh.curl("client", "http://web/post", *words))["form"] == {"a": ["1"]}


RAW = """
import socket, sys
with socket.create_connection((sys.argv[1], 80), timeout=8) as s:
    s.sendall(sys.argv[2].replace("|", "\\r\\n").encode())
    print(s.makefile().read())
"""


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    "head", ["1.0|", "1.1|Host: a.example|Host: b.example|Connection: close|"], ids=["none", "two"]
)
def test_no_host_and_two_hosts_reach_whoever_was_dialled(mesh: Lab, caller: str, head: str) -> None:
    """HTTP/1.0 knows no Host; two of them are no name of anybody."""
    words = (mesh.command()[0], "-c", RAW, "web", f"GET /headers HTTP/{head}|")
    answer = mesh.exec(caller, *words).stdout
    assert " 200 OK" in answer
    assert "sa/default" in answer


@pytest.mark.parametrize("caller", CALLERS)
def test_a_dialled_pod_answers_to_any_host(mesh: Lab, caller: str) -> None:
    """A pod's own port, called under a name that no object declares, with mutual TLS."""
    address = next(p["ip"] for p in mesh.json("get", "pods") if p["name"] == "web")
    named = ("-H", "Host: nobody.example")
    headers = json.loads(mesh.curl(caller, f"http://{address}:8080/headers", *named))["headers"]
    assert headers["Host"] == ["nobody.example"]
    assert "sa/default" in headers["X-Forwarded-Client-Cert"][0]
    told = mesh.json(
        "explain", "--from", caller, "-H", "Host: nobody.example", f"http://{address}:8080/"
    )
    assert [(b["pod"], b["mtls"]) for b in told["backends"]] == [("default/web", True)]


REGISTRY_ONLY = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"}
"""


@pytest.mark.parametrize("caller", CALLERS)
def test_a_closed_mesh_refuses_hosts_that_nobody_declares(mesh: Lab, caller: str) -> None:
    """REGISTRY_ONLY: whatever was dialled, as in Istio; and open again it is as before."""
    named = ("-H", "Host: nobody.example")
    mesh.apply(REGISTRY_ONLY)
    until(lambda: mesh.status_of(caller, "http://web/status/204", *named) == 502)
    assert mesh.status_of(caller, "http://web/status/204") == 204
    mesh.delete(REGISTRY_ONLY)
    until(lambda: mesh.status_of(caller, "http://web/status/204", *named) == 204)
