"""What a CUSTOM policy means where bytes arrive: nobody is asked, so its rules refuse."""

from __future__ import annotations

from envoy.config.rbac.v3 import rbac_pb2
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.store.paths import File

MESH = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db, sidecar.istio.io/inject: "true"}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: asked}
spec:
  action: CUSTOM
  provider: {name: nobody}
  rules:
  - to: [{operation: {ports: ["5432"]}}]
  - to: [{operation: {paths: ["/admin"]}}]
"""


def test_what_nobody_is_asked_about_is_refused() -> None:
    """A rule of ports refuses bytes; one of requests matches none, as in Istio."""
    mesh, pods = offline_mesh(read_all([File("m.yaml", MESH.encode())]))
    config = ProxyConfig(mesh, pods["default/db"])
    name = ExtensionName(ReporterSide.SERVER, Authorization.WORD, Layer.TCP)
    extension = config.extension(str(name))
    assert extension is not None
    rules = RBAC.FromString(extension.typed_config.value).rules
    assert rules.action == rbac_pb2.RBAC.Action.DENY
    assert list(rules.policies) == ["AuthorizationPolicy default/asked rule 0"]
