"""What `apply` says of pods that are not there yet."""

from __future__ import annotations

from gossamer.cli.offline.pods_to_come import without_pods_to_come
from gossamer.store.paths import File

TEXT = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {selector: {app: other}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: a, command: [sleep]}]}
"""


def _told(code: str, name: str) -> dict[str, str]:
    return {"code": code, "object": f"Service default/{name}", "field": "spec.selector"}


def test_pods_of_the_same_files_are_waited_for() -> None:
    """A selector that the files' own workload satisfies is no alarm; another's is, and so is
    whatever else was said."""
    missing, other = (_told("selector-matches-nothing", name) for name in ("web", "other"))
    port = _told("unknown-port", "web")
    files = [File("mesh.yaml", TEXT.encode())]
    assert without_pods_to_come([missing, other, port], files) == [other, port]
    assert without_pods_to_come([port], files) == [port]
