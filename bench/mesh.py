"""Generated meshes: S services in one namespace, E pods behind each, N sidecars that look on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

NAMESPACE = "default"
FIRST = int(IPv4Address("10.244.0.10"))
PODS_A_HOST = 100
"""Pods that one source observes, as a host's agent would."""

_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: svc-{i}, namespace: default}}
spec:
  selector: {{app: svc-{i}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
"""

_ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: svc-{i}, namespace: default}}
spec:
  hosts: [svc-{i}.default.svc.cluster.local]
  http:
  - route:
    - destination: {{host: svc-{i}.default.svc.cluster.local, port: {{number: 80}}}}
      headers: {{response: {{set: {{x-marker: "{marker}"}}}}}}
    timeout: 5s
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a mesh is."""

    services: int
    endpoints: int
    sidecars: int


def host(number: int) -> str:
    """The DNS name of a service."""
    return f"svc-{number}.{NAMESPACE}.svc.cluster.local"


def services(count: int, first: int = 0) -> str:
    """Manifests of Services."""
    return "---\n".join(_SERVICE.format(i=i) for i in range(first, first + count))


def route(number: int, marker: str) -> str:
    """A VirtualService whose routes carry a marker."""
    return _ROUTE.format(i=number, marker=marker)


def routes(count: int) -> str:
    """A VirtualService each for the first services."""
    return "---\n".join(route(i, "first") for i in range(count))


def sidecar(number: int) -> str:
    """The pod name of a simulated sidecar."""
    return f"sidecar-{number}"


def sources(size: Size, discovery: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Observations by source: the pods behind the services, and those of the sidecars."""
    pods = [_behind(i, j, size) for i in range(size.services) for j in range(size.endpoints)]
    pods += [_looking_on(i, size, discovery) for i in range(size.sidecars)]
    for at in range(0, len(pods), PODS_A_HOST):
        yield f"host-{at // PODS_A_HOST}", {"pods": pods[at : at + PODS_A_HOST], "lease_s": 600}


def one_more(size: Size, marker: str) -> dict[str, Any]:
    """An observation of one more pod behind the first service, at the marker's address."""
    return {"pods": [_pod("extra", "svc-0", marker)], "lease_s": 600}


def _behind(service: int, number: int, size: Size) -> dict[str, Any]:
    at = FIRST + service * size.endpoints + number
    return _pod(f"svc-{service}-{number}", f"svc-{service}", str(IPv4Address(at)))


def _looking_on(number: int, size: Size, discovery: str) -> dict[str, Any]:
    at = FIRST + size.services * size.endpoints + number
    pod = _pod(sidecar(number), "onlookers", str(IPv4Address(at)))
    return {**pod, "annotations": {"gossamer.dev/discovery": discovery}}


def _pod(name: str, app: str, address: str) -> dict[str, Any]:
    return {
        "namespace": NAMESPACE,
        "name": name,
        "workload": app,
        "labels": {"app": app, "version": "v1"},
        "annotations": {},
        "service_account": app,
        "ip": [address],
        "ready": True,
        "injected": True,
        "host": "bench",
        "ports": [{"name": "http", "number": 8080, "protocol": "TCP"}],
    }


GATEWAY_POD = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress}
spec:
  selector: {matchLabels: {istio: ingress}}
  template:
    metadata: {labels: {istio: ingress}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
"""
"""A Deployment of a gateway."""


def gateway(i: int) -> str:
    """A Gateway that this one serves, with a host of its own."""
    return f"""---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: g{i}}}
spec:
  selector: {{istio: ingress}}
  servers: [{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: [h{i}.example]}}]
"""


def rules(count: int) -> str:
    """One VirtualService with so many rules."""
    each = (
        f"{{match: [{{uri: {{prefix: /p{i}/}}}}], route: [{{destination: {{host: {host(0)}}}}}]}}"
        for i in range(count)
    )
    return f"""---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: wide}}
spec: {{hosts: [{host(0)}], http: [{", ".join(each)}]}}
"""
