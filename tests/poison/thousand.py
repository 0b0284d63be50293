"""A healthy mesh of 999 objects: outside hosts behind a gateway, and services inside."""

from __future__ import annotations

from dataclasses import replace

from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole

HOSTS = 320  # each is a ServiceEntry, a DestinationRule and a VirtualService
SERVICES = 18  # each is a Service and a VirtualService of the mesh


def healthy(port: int, backend: str, backend_port: int) -> str:
    """999 objects as one text; the gateway listens on `port`, all hosts are at one backend."""
    texts = [_gateways(port), *(_host(n, backend, backend_port) for n in range(HOSTS))]
    return "---\n".join([*texts, *(_service(n) for n in range(SERVICES))])


def gateway_pod() -> Pod:
    """The pod that serves both gateways."""
    named = {"istio": "ingressgateway", "gateway.networking.k8s.io/gateway-name": "api"}
    pod = Pod("default", "gw", "gw", ("10.244.0.9",), labels(named), host="here")
    return replace(pod, role=ProxyRole.GATEWAY, stand_in=True)


def host_of(number: int) -> str:
    return f"h{number}.example.com"


def _gateways(port: int) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: front}}
spec:
  selector: {{istio: ingressgateway}}
  servers: [{{port: {{number: {port}, name: http, protocol: HTTP}}, hosts: ["*"]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: api}}
spec:
  gatewayClassName: gossamer
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
---
apiVersion: v1
kind: Namespace
metadata: {{name: away}}
"""


def _host(number: int, backend: str, port: int) -> str:
    host = host_of(number)
    addresses = "[198.51.100.77]" if number == 3 else "[]"
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: h{number}}}
spec:
  hosts: [{host}]
  resolution: STATIC
  ports: [{{number: 80, name: http, protocol: HTTP, targetPort: {port}}}]
  endpoints: [{{address: {backend}}}]
  addresses: {addresses}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: h{number}}}
spec: {{host: {host}, trafficPolicy: {{loadBalancer: {{simple: ROUND_ROBIN}}}}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: h{number}}}
spec:
  hosts: [{host}]
  gateways: [front]
  http: [{{route: [{{destination: {{host: {host}}}}}], timeout: 5s}}]
"""


def _service(number: int) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: m{number}}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: m{number}}}
spec: {{hosts: [m{number}], http: [{{route: [{{destination: {{host: m{number}}}}}]}}]}}
"""
