"""A pod that makes up Hosts without end grows nothing without end: neither its proxy nor the plane.

Past a bound its proxy gets every declared host unasked, and `*` for the rest; what is declared goes
on being right, also what it calls for the first time afterwards.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from gossamer.plane.client import PlaneClient
from gossamer.plane.streams.undeclared import LAST_AT_MOST, UNDECLARED_AT_MOST
from tests.e2e.lab_under_test import Lab, forget, new_home, until

pytestmark = pytest.mark.e2e

CALLS = 3000
POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec: {containers: [{name: app, image: sleep}]}
---
"""
MANIFESTS = (
    POD.replace("NAME", "attacker")
    + POD.replace("NAME", "bystander")
    + """
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
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: app, image: docker.io/mccutchen/go-httpbin}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner}
spec:
  hosts: [partner.example.com]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: partner}
spec:
  hosts: [partner.example.com]
  http: [{directResponse: {status: 418}}]
"""
)
REGISTRY_ONLY = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"}
"""
FLOOD = """
import collections, socket, sys
address = socket.getaddrinfo("web", 80)[0][4][:2]
answers = collections.Counter()
for number in range(int(sys.argv[1])):
    with socket.create_connection(address, timeout=8) as s:
        head = f"GET /status/204 HTTP/1.1|Host: made-up-{number}.example|Connection: close||"
        s.sendall(head.replace("|", "\\r\\n").encode())
        answers[s.makefile().readline().split()[1]] += 1
print(*answers.items())
"""


@pytest.fixture(scope="module")
def flooded() -> Iterator[tuple[Lab, str]]:
    """A lab in which one pod called a service under 3,000 made-up Hosts, and how these ended."""
    home = new_home()
    lab = Lab("host-flood", home)
    try:
        lab.up_text(MANIFESTS)
        assert lab.status_of("bystander", "http://web/status/204") == 204
        words = (lab.command()[0], "-c", FLOOD, str(CALLS))
        yield lab, lab.exec("attacker", *words).stdout.strip()
    finally:
        lab.down()
        forget(home)


@pytest.fixture
def lab(flooded: tuple[Lab, str]) -> Lab:
    return flooded[0]


def told_of(lab: Lab, pod: str) -> dict[str, Any]:
    """What `status` says of a pod's proxy."""
    proxies = lab.json("status")["proxies"]
    found: dict[str, Any] = next(p for p in proxies if p["pod"] == f"default/{pod}")
    return found


def test_no_call_was_lost(flooded: tuple[Lab, str]) -> None:
    """All went to the service that was dialled, before the bound, past it and in between."""
    assert flooded[1] == f"('204', {CALLS})"


def test_the_proxy_stays_small(lab: Lab) -> None:
    """Envoy has no more of these hosts than the bound, and `status` tells how many and what
    became of it."""
    told = told_of(lab, "attacker")
    assert told["past_host_bound"] is True
    assert UNDECLARED_AT_MOST < told["undeclared_hosts"] <= LAST_AT_MOST
    routes = lab.run("proxy", "routes", "attacker", "--name", lab.name).stdout
    assert routes.count("made-up-") <= 2 * LAST_AT_MOST
    assert "eager|80/*" in routes
    said = lab.run("status", "--name", lab.name).stdout
    assert "pod default/attacker: it called more than" in said
    verdicts = {each["code"]: each for each in lab.json("check", ok=False)}
    told = verdicts["plane-undeclared-hosts"]
    assert (told["status"], "default/attacker" in told["message"]) == ("warning", True)
    assert "bystander" not in told["message"]


def test_the_plane_stays_small(lab: Lab) -> None:
    """Its resources and its metrics say so."""
    assert lab.json("status")["plane"]["resources"] < LAST_AT_MOST + 200
    metrics = PlaneClient(lab.folder / "plane.sock", lab.name).metrics()
    assert 'gossamer_plane_past_host_bound{client="default/attacker"} 1' in metrics
    assert 'gossamer_plane_past_host_bound{client="default/bystander"} 0' in metrics


DECLARED = {
    "http://db-0.db:8080/status/204": 204,
    "http://db-0.db.default.svc.cluster.local:8080/status/204": 204,
    "http://db:8080/status/204": 204,
    "http://web/status/204": 204,
    "http://web.default.svc/status/204": 204,
}


@pytest.mark.parametrize("url", DECLARED)
def test_a_declared_host_first_used_afterwards_is_right(lab: Lab, url: str) -> None:
    """Services, headless ones and their pods by name: with mutual TLS, which all here demand."""
    assert lab.status_of("attacker", url) == DECLARED[url]


def test_a_declared_host_without_an_address_is_right(lab: Lab) -> None:
    """A ServiceEntry that no address tells, called for the first time: by its own rules."""
    named = ("-H", "Host: partner.example.com")
    assert lab.status_of("attacker", "http://web/status/204", *named) == 418


def test_other_pods_go_on_as_before(lab: Lab) -> None:
    """They discover their hosts one by one."""
    told = told_of(lab, "bystander")
    assert (told["past_host_bound"], told["undeclared_hosts"]) == (False, 0)
    assert lab.status_of("bystander", "http://db-0.db:8080/status/204") == 204
    assert "eager|" not in lab.run("proxy", "routes", "bystander", "--name", lab.name).stdout


def test_a_closed_mesh_stays_closed_and_right(lab: Lab) -> None:
    """Under REGISTRY_ONLY what no object declares is refused, and what is declared is not."""
    named = ("-H", "Host: nobody.example")
    lab.apply(REGISTRY_ONLY)
    until(lambda: lab.status_of("attacker", "http://web/status/204", *named) == 502)
    assert lab.status_of("attacker", "http://web/status/204") == 204
    assert lab.status_of("attacker", "http://db-0.db:8080/status/204") == 204
    lab.delete(REGISTRY_ONLY)
    until(lambda: lab.status_of("attacker", "http://web/status/204", *named) == 204)


def test_a_restarted_plane_knows_it_still(lab: Lab) -> None:
    """The agent tells; to a proxy that discovers again, Envoy's old hosts would be lost."""
    lab.run("plane", "stop", "--name", lab.name)
    lab.run("plane", "start", "--name", lab.name)
    until(lambda: told_of(lab, "attacker").get("past_host_bound"))
    assert lab.status_of("attacker", "http://db-0.db:8080/status/204") == 204
    words = (lab.command()[0], "-c", FLOOD, "20")
    assert lab.exec("attacker", *words).stdout.strip() == "('204', 20)"
