"""A mesh out of manifests, and calls in it, for tests of explanations."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.explain.explain import explain_call
from gossamer.explain.report.explanation import Explanation
from gossamer.explain.walk.call import call_to
from gossamer.model.finding import Severity
from gossamer.model.mesh import Mesh
from gossamer.store.paths import File

TOWN = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}, {name: tcp-db, port: 3306}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v1, namespace: default, labels: {app: reviews, version: v1}}
spec: {containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Pod
metadata: {name: reviews-v2, namespace: default, labels: {app: reviews, version: v2}}
spec: {containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: default, labels: {app: client}}
spec: {containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: plain
  namespace: default
  labels: {app: plain}
  annotations: {sidecar.istio.io/inject: "false"}
spec: {containers: [{name: app, image: app}]}
"""
"""Two meshed pods of one service, a meshed caller and one without a proxy."""


@dataclass(frozen=True, slots=True)
class SmallMesh:
    """A mesh in which calls are explained."""

    mesh: Mesh

    def call(
        self, url: str, *headers: tuple[str, str], by: str = "default/client", method: str = "GET"
    ) -> Explanation:
        """What becomes of a call."""
        return explain_call(self.mesh, call_to(by, url, method, headers))


def small_mesh(*texts: str) -> SmallMesh:
    """The mesh of TOWN and these manifests, which must have no errors."""
    read = read_all([File("town.yaml", "\n---\n".join((TOWN, *texts)).encode())])
    assert [f for f in read.findings if f.severity is Severity.ERROR] == []
    return SmallMesh(offline_mesh(read)[0])
