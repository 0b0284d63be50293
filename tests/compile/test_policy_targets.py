"""Policies for the workloads of named objects."""

from __future__ import annotations

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import views_of
from gossamer.compile.lookup.authorization import holding
from gossamer.store.paths import File
from tests.findings.test_finding_pages import analyzed
from tests.security.guarded import MESH

GATEWAY = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP}]
"""


def target(group: str, kind: str, name: str, namespace: str = "default") -> str:
    return f"""---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: guard, namespace: {namespace}}}
spec: {{targetRefs: [{{group: "{group}", kind: {kind}, name: {name}}}]}}
"""


def guarded_workloads(policy: str) -> set[str]:
    """The workloads for which the policy holds."""
    mesh, pods = offline_mesh(read_all([File("mesh.yaml", (MESH + GATEWAY + policy).encode())]))
    read = TrackedLookup(mesh)
    return {key for key, pod in pods.items() if holding(read, views_of(mesh, pod).workload)}


def test_it_is_for_the_workloads_of_its_target_alone() -> None:
    """Those behind a Service, the gateway of a Gateway, all gateways of a class."""
    api = "gateway.networking.k8s.io"
    assert guarded_workloads(target("", "Service", "web")) == {"default/web"}
    (gateway,) = guarded_workloads(target(api, "Gateway", "front"))
    assert gateway != "default/web"
    assert guarded_workloads(target(api, "GatewayClass", "istio", "istio-system")) == {gateway}
    assert guarded_workloads(target("", "Service", "other")) == set()
    assert guarded_workloads(target("", "Service", "web", "shop")) == set()


def test_a_target_that_nothing_serves_is_told() -> None:
    """The policy is kept, and its author learns that no proxy enforces it."""
    for policy, count in ((target("", "Service", "web"), 0), (target("", "Service", "other"), 1)):
        findings = [each for each in analyzed(MESH + policy) if each.code == "no-effect"]
        assert len(findings) == count
