"""Another namespace's certificate, key or backend is used with that namespace's permission only."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.model.finding import Finding
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from gossamer.store.paths import File
from tests.dialects.certificate_pem import CHAIN, KEY

OWN, BESIDE = "istio-system", "shop"
MISSING = "missing-secret"


def secret(namespace: str, name: str = "bank-cert") -> str:
    """A TLS Secret."""
    return f"""---
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: {namespace}}}
type: kubernetes.io/tls
stringData: {{tls.crt: {dumps(CHAIN)}, tls.key: {dumps(KEY)}}}
"""


def gateway(namespace: str, credential: str) -> str:
    """An Istio Gateway with one HTTPS host and that credential."""
    return f"""---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: front, namespace: {namespace}}}
spec:
  selector: {{istio: ingressgateway}}
  servers:
  - port: {{number: 443, name: https, protocol: HTTPS}}
    hosts: [shop.example.com]
    tls: {{mode: SIMPLE, credentialName: {credential}}}
"""


def workload(namespace: str) -> str:
    """A gateway that its owner runs in that namespace."""
    return f"""---
apiVersion: v1
kind: Pod
metadata:
  name: ingress
  namespace: {namespace}
  labels: {{istio: ingressgateway}}
  annotations: {{inject.istio.io/templates: gateway}}
spec: {{containers: [{{name: istio-proxy, image: auto}}]}}
"""


def grant(home: str, *asking: str, group: str = "networking.istio.io") -> str:
    """A ReferenceGrant in `home` for Gateways of these namespaces."""
    sources = ", ".join(f"{{group: {group}, kind: Gateway, namespace: {each}}}" for each in asking)
    return f"""---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {{name: it, namespace: {home}}}
spec: {{from: [{sources}], to: [{{group: "", kind: Secret}}]}}
"""


@dataclass(frozen=True, slots=True)
class Town:
    """A mesh out of manifests, its only gateway, and what there is to say."""

    mesh: Mesh
    pod: Pod
    findings: tuple[Finding, ...]

    def serves_with(self, name: str) -> bool:
        """Whether the gateway opens its TLS port and is given this secret."""
        return all(
            self.has(kind, each)
            for kind, each in (
                (ResourceType.LISTENER, "gateway|443"),
                (ResourceType.SECRET, f"gateway|{name}"),
            )
        )

    def has(self, kind: ResourceType, name: str) -> bool:
        view = view_of(self.mesh, self.pod, kind, name)
        return compile_resource(self.mesh, view, kind, name).body is not None


def town(text: str) -> Town:
    """The mesh of these documents and of what a lab adds."""
    read = read_all([File("town.yaml", text.encode())])
    mesh, pods = offline_mesh(read)
    findings = (*read.findings, *check_all(mesh, read.contributions))
    (pod,) = (pod for pod in pods.values() if dict(pod.labels).get("istio"))
    return Town(mesh, pod, findings)


def test_nobody_serves_a_certificate_of_another_namespace() -> None:
    """Named with its namespace or alone, by a stand-in or by a gateway somebody runs: it is not
    given out, the port stays shut, and the finding names the permission that is missing."""
    for runs in ("", workload("istio-system"), workload("evil"), workload("shop")):
        for written in ("bank/bank-cert", "bank-cert"):
            found = town(secret("bank") + gateway("evil", written) + runs)
            assert not found.serves_with("bank/bank-cert"), (runs, written)
            assert not found.has(ResourceType.LISTENER, "gateway|443")
            said = [each for each in found.findings if each.code in ("missing-grant", MISSING)]
            assert {each.origin.object.namespace for each in said} == {"evil"}
    named = town(secret("bank") + gateway("evil", "bank/bank-cert"))
    (finding,) = [each for each in named.findings if each.code == "missing-grant"]
    assert "no ReferenceGrant in bank lets Gateways of evil" in finding.message
    assert "from Gateway (group networking.istio.io) in evil, to Secret" in finding.remedy


@pytest.mark.parametrize("home", [OWN, BESIDE])
def test_a_stand_in_serves_both_usual_layouts(home: str) -> None:
    """The Secret where Istio's gateway runs, or beside the Gateway: a lab serves with it."""
    found = town(secret(home) + gateway(BESIDE, "bank-cert"))
    assert found.serves_with(f"{home}/bank-cert")
    assert not [each for each in found.findings if each.code == MISSING]


def test_whoever_runs_the_gateway_decides_whose_keys_it_holds() -> None:
    """A pod that bears a gateway's labels gets no key of the Gateways that select it; a Secret
    beside the workload is for all of them, as in Istio."""
    stolen = secret("bank") + gateway("bank", "bank-cert") + workload("evil")
    assert not town(stolen).serves_with("bank/bank-cert")
    named = secret("bank") + gateway("bank", "bank/bank-cert") + workload("evil")
    assert not town(named).serves_with("bank/bank-cert")
    usual = secret(OWN) + gateway("bank", "bank-cert") + workload(OWN)
    assert town(usual).serves_with(f"{OWN}/bank-cert")


def test_one_author_does_not_get_what_lies_beside_another() -> None:
    """Two Gateways share a stand-in: each is served from its own namespace and no further."""
    evil = gateway("evil", "bank-cert").replace("shop.example.com", "evil.example.com")
    found = town(secret("bank") + gateway("bank", "bank-cert") + evil)
    assert found.serves_with("bank/bank-cert")
    view = view_of(found.mesh, found.pod, ResourceType.LISTENER, "gateway|443")
    body = compile_resource(found.mesh, view, ResourceType.LISTENER, "gateway|443").body or b""
    assert b"shop.example.com" in body
    assert b"evil.example.com" not in body


@pytest.mark.parametrize(
    ("granted", "opened"),
    [
        (("shop", OWN), True),
        (("shop",), False),
        ((OWN,), False),
    ],
)
def test_author_and_workload_both_need_the_grant(granted: tuple[str, ...], opened: bool) -> None:
    """A grant to one of the two would lend the other its right."""
    text = secret("bank") + gateway("shop", "bank/bank-cert") + workload(OWN)
    found = town(text + grant("bank", *granted))
    assert found.serves_with("bank/bank-cert") is opened
    assert bool([each for each in found.findings if each.code == "missing-grant"]) is not opened


def test_a_grant_for_another_dialect_is_none() -> None:
    """Gateways of the Gateway API are not Istio's, though both are called Gateway."""
    text = secret("bank") + gateway("shop", "bank/bank-cert")
    other = grant("bank", "shop", group="gateway.networking.k8s.io")
    assert not town(text + other).serves_with("bank/bank-cert")
    assert town(text + grant("bank", "shop")).serves_with("bank/bank-cert")


GATEWAY_API = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: evil}
spec:
  gatewayClassName: gossamer
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - name: https
    port: 443
    protocol: HTTPS
    tls: {certificateRefs: [{name: bank-cert, namespace: bank}]}
---
apiVersion: v1
kind: Service
metadata: {name: vault, namespace: bank}
spec: {selector: {app: vault}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: safe, namespace: bank}
spec: {selector: {app: safe}, ports: [{name: http, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: one, namespace: evil}
spec:
  parentRefs: [{name: front}]
  rules:
  - backendRefs: [{name: vault, namespace: bank, port: 80}]
    filters:
    - type: RequestMirror
      requestMirror: {backendRef: {name: safe, namespace: bank, port: 80}}
"""


def test_neither_certificate_nor_backend_nor_mirror_by_gateway_api() -> None:
    """Each reference into `bank` needs its grant; without one nothing of bank's is named."""
    read = read_all([File("town.yaml", (secret("bank") + GATEWAY_API).encode())])
    mesh, pods = offline_mesh(read)
    (pod,) = (pod for pod in pods.values() if pod.namespace == "evil")
    for kind, name in ((ResourceType.ROUTE, "gateway|80"), (ResourceType.LISTENER, "gateway|443")):
        made = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name)
        assert not any(name in (made.body or b"") for name in (b"vault.bank", b"safe.bank"))
        assert kind is ResourceType.ROUTE or made.body is None
    codes = [each.code for each in check_all(mesh, read.contributions)]
    assert codes.count("missing-grant") == 3


def test_a_destination_names_no_secret_of_another_namespace() -> None:
    """A DestinationRule's credential is its clients' own; one with a namespace is refused."""
    text = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: it, namespace: evil}
spec: {host: vault.bank.svc.cluster.local, trafficPolicy: {tls: %s}}
"""
    for mode in ("SIMPLE", "MUTUAL"):
        tls = f"{{mode: {mode}, credentialName: bank/bank-cert}}"
        read = read_all([File("it.yaml", (text % tls).encode())])
        (finding,) = [each for each in read.findings if each.code == "invalid-reference"]
        assert finding.origin.field.endswith("tls.credentialName")
