"""Manifests that several end-to-end tests write alike."""

from __future__ import annotations

import textwrap

HTTPBIN = "docker.io/mccutchen/go-httpbin:v2.15.0"
CURL = "docker.io/curlimages/curl:8.16.0"
UNMESHED = '{sidecar.istio.io/inject: "false"}'


def deployment(
    name: str,
    image: str = HTTPBIN,
    port: int = 8080,
    *,
    labels: str = "",
    annotations: str = "{}",
    container: str = "",
    replicas: int = 1,
) -> str:
    """A Deployment of one container with a service account of its own.

    `labels` of the pods (else `app: NAME`) is YAML without its braces; `container` is more of the
    container's own stanza.
    """
    return f"""
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{{labels or f"app: {name}"}}}
      annotations: {annotations}
    spec:
      serviceAccountName: {name}
      containers:
      - name: {name}
        image: {image}
        ports: [{{containerPort: {port}}}]
{textwrap.indent(textwrap.dedent(container).strip(), " " * 8)}
---
"""


def sleeper(name: str, annotations: str = "{}") -> str:
    """A pod that waits for `exec`."""
    command = 'command: ["/bin/sleep", "infinity"]'
    return deployment(name, CURL, 1, annotations=annotations, container=command)


def service(name: str, port: int = 80, target: int = 8080, port_name: str = "http") -> str:
    """A Service over the pods with `app: NAME`."""
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: {port_name}, port: {port}, targetPort: {target}}}]
---
"""
