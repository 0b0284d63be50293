"""A small mesh for drills: a client, a web with two pods, and a service that nobody called yet."""

from __future__ import annotations

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {app}, version: {version}}}}}
  template:
    metadata: {{labels: {{app: {app}, version: {version}}}}}
    spec:
      containers:
      - name: {app}
        image: {image}
        {more}
---
"""

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: {protocol}, port: {port}, targetPort: {target}}}]
---
"""

HTTPBIN = "docker.io/mccutchen/go-httpbin:v2.15.0"
PROBED = "readinessProbe: {httpGet: {path: /status/200, port: 8080}, periodSeconds: 1}"
SLEEPS = 'command: ["/bin/sleep", "infinity"]'


def workload(
    app: str, image: str = HTTPBIN, replicas: int = 1, more: str = PROBED, version: str = "v1"
) -> str:
    """A Deployment `app`, or `app-VERSION` for another version than v1."""
    name = app if version == "v1" else f"{app}-{version}"
    return WORKLOAD.format(
        name=name, app=app, image=image, replicas=replicas, more=more, version=version
    )


def with_identity(deployment: str) -> str:
    """The same Deployment, whose application asks for an identity by the Workload API."""
    asked = 'metadata: {annotations: {gossamer.dev/workload-api: "true"}, labels: {app'
    return deployment.replace("metadata: {labels: {app", asked)


def service(name: str, port: int = 80, target: int = 8080, protocol: str = "http") -> str:
    """A Service over the pods of app `name`."""
    return SERVICE.format(name=name, port=port, target=target, protocol=protocol)


CLIENT = workload("client", "docker.io/curlimages/curl:8.16.0", more=SLEEPS)
WEB = workload("web", replicas=2) + service("web")
OTHER = workload("other") + service("other")
SMALL = CLIENT + WEB + OTHER
