"""The outside: by address, name or ServiceEntry, with TLS that the proxy adds; or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.e2e.outside_world import Outside, host_address, outside
from tests.e2e.self_made import certificate
from tests.e2e.written import UNMESHED, sleeper

pytestmark = pytest.mark.e2e

ADDRESS = host_address()
NAMES = ("plain", "dns", "secure", "lying")
BOTH = ("deploy/client", "deploy/outsider")

STATIC = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: static}}
spec:
  hosts: [static.outside.test]
  ports: [{{number: 80, name: http, protocol: HTTP}}]
  resolution: STATIC
  endpoints: [{{address: {address}, ports: {{http: {port}}}}}]
---
"""

BY_DNS = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}}}
spec:
  hosts: [{name}.outside.test]
  ports: [{{number: 80, name: http, protocol: HTTP, targetPort: {port}}}]
  resolution: DNS
---
"""

ORIGINATION = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}}}
spec:
  host: {name}.outside.test
  trafficPolicy: {{tls: {{mode: SIMPLE}}}}
---
"""

REGISTRY_ONLY = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    outboundTrafficPolicy: {mode: REGISTRY_ONLY}
"""


@pytest.fixture(scope="module")
def world(lab: Lab) -> Iterator[Outside]:
    """A lab whose host has an HTTP server, a TLS server and a resolver of its own."""
    if ADDRESS is None:
        pytest.skip("this host has no address but its loopback, which pods never reach")
    lab.home.mkdir(exist_ok=True)
    shown = certificate("secure.outside.test")
    names = {f"{name}.outside.test": ADDRESS for name in NAMES}
    with outside(ADDRESS, names, shown, lab.home) as there:
        roots = lab.home / "roots.pem"
        roots.write_text(shown.chain)
        lab.env |= {"GOSSAMER_RESOLVERS": there.resolver, "SSL_CERT_FILE": str(roots)}
        manifests = lab.home / "world.yaml"
        manifests.write_text(everything(there))
        lab.up(manifests)
        yield there


def everything(there: Outside) -> str:
    parts = [sleeper("client"), sleeper("outsider", UNMESHED)]
    parts.append(STATIC.format(address=there.address, port=there.port))
    parts.append(BY_DNS.format(name="dns", port=there.port))
    for name in ("secure", "lying"):
        parts += [BY_DNS.format(name=name, port=there.tls_port), ORIGINATION.format(name=name)]
    return "".join(parts)


@pytest.mark.parametrize("pod", BOTH)
def test_an_address_outside_is_reached(lab: Lab, world: Outside, pod: str) -> None:
    """With a proxy or without, a pod reaches what this host reaches."""
    answer = json.loads(lab.curl(pod, f"http://{world.address}:{world.port}/by/address"))
    assert answer["path"] == "/by/address"


@pytest.mark.parametrize("pod", BOTH)
def test_a_name_outside_is_what_the_host_says(lab: Lab, world: Outside, pod: str) -> None:
    """Names that no object declared are those of the host's resolvers."""
    assert lab.status_of(pod, f"http://plain.outside.test:{world.port}/") == 200


@pytest.mark.parametrize(
    ("name", "pod"),
    [(name, pod) for name in ("static", "dns") for pod in BOTH],
)
def test_a_service_entry_is_called_like_a_service(
    lab: Lab, world: Outside, name: str, pod: str
) -> None:
    """A declared host has an address in the mesh and answers on its own port, wherever it is."""
    answer = json.loads(lab.curl(pod, f"http://{name}.outside.test/x"))
    assert answer == {"path": "/x", "host": f"{name}.outside.test"}


def test_the_proxy_speaks_tls_for_the_caller(lab: Lab, world: Outside) -> None:
    """SIMPLE: plain HTTP leaves the pod as TLS, and the host's roots believe the server."""
    assert lab.status_of("deploy/client", "http://secure.outside.test/") == 200


def test_a_server_with_another_name_is_not_believed(lab: Lab, world: Outside) -> None:
    """The certificate must hold the host that was called; else 503, and the log says why."""
    assert lab.status_of("deploy/client", "http://lying.outside.test/") == 503
    words = ("logs", "deploy/client", "--proxy", "--name", lab.name)
    until(lambda: "CERTIFICATE_VERIFY_FAILED" in lab.run(*words).stdout)


def test_registry_only_lets_the_declared_pass_and_nothing_else(lab: Lab, world: Outside) -> None:
    """Unknown hosts are answered 502 with the remedy, unknown addresses are closed; declared
    ones pass; and taking the setting back opens the way again."""
    address = f"http://{world.address}:{world.port}/"
    lab.apply(REGISTRY_ONLY)
    until(lambda: lab.status_of("deploy/client", address) == 0)
    unknown = ("-H", "Host: unknown.outside.test", "-w", " %{http_code}")
    blocked = lab.curl("deploy/client", "http://static.outside.test/", *unknown)
    assert "ServiceEntry" in blocked
    assert blocked.endswith(" 502")
    for name in ("static", "dns", "secure"):
        assert lab.status_of("deploy/client", f"http://{name}.outside.test/") == 200
    assert lab.status_of("deploy/outsider", address) == 200
    lab.delete(REGISTRY_ONLY)
    until(lambda: lab.status_of("deploy/client", address) == 200)
