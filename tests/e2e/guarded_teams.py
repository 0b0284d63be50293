"""Three teams, policies between them, and a gateway: who may call whom has many answers here."""

from __future__ import annotations

POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {team}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}{more}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: app, image: {image}{command}}}]
---
"""
CURL, HTTPBIN = "docker.io/curlimages/curl:8.16.0", "docker.io/mccutchen/go-httpbin:v2.15.0"
ECHO = "docker.io/istio/tcp-echo-server:1.3"
SLEEP = ', command: ["/bin/sleep", "infinity"]'
UNMESHED = ', annotations: {sidecar.istio.io/inject: "false"}'


def pod(team: str, name: str, image: str, command: str = "", more: str = "") -> str:
    """A Deployment with an account of its own."""
    return POD.format(team=team, name=name, image=image, command=command, more=more)


TEAMS = "".join(
    (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n---\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-b}\n---\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-c}\n---\n",
        pod("team-a", "web", CURL, SLEEP),
        pod("team-a", "batch", CURL, SLEEP),
        pod("team-a", "plain", CURL, SLEEP, UNMESHED),
        pod("team-b", "billing", HTTPBIN),
        pod("team-b", "ledger", HTTPBIN),
        pod("team-c", "echo", ECHO),
        pod("team-b", "open", HTTPBIN),
    )
)

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: billing, namespace: team-b}
spec: {selector: {app: billing}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: team-b}
spec: {selector: {app: ledger}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: team-c}
spec: {selector: {app: echo}, ports: [{name: tcp-echo, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: open, namespace: team-b}
spec: {selector: {app: open}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front, namespace: team-b}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front, namespace: team-b}
spec:
  hosts: ["*"]
  gateways: [front]
  http: [{route: [{destination: {host: open, port: {number: 8000}}}]}]
---
"""

POLICIES = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: billing-readers, namespace: team-b}
spec:
  selector: {matchLabels: {app: billing}}
  action: ALLOW
  rules:
  - from: [{source: {principals: [cluster.local/ns/team-a/sa/web]}}]
    to:
    - operation: {methods: [GET, HEAD], paths: ["/anything/*", "/status/200"]}
    - operation: {methods: [POST], paths: ["/anything/orders"]}
  - from: [{source: {namespaces: [team-a]}}]
    to: [{operation: {paths: ["/headers"]}}]
    when: [{key: "request.headers[x-role]", values: [auditor]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-secrets, namespace: team-b}
spec:
  action: DENY
  rules:
  - to: [{operation: {paths: ["/anything/secret*"]}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: gate, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  action: DENY
  rules:
  - to: [{operation: {paths: ["/admin*"]}}]
  - from: [{source: {notRemoteIpBlocks: ["127.0.0.0/8"]}}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: ledger, namespace: team-b}
spec: {selector: {matchLabels: {app: ledger}}, mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: echo-web, namespace: team-c}
spec:
  selector: {matchLabels: {app: echo}}
  rules: [{from: [{source: {principals: [cluster.local/ns/team-a/sa/web]}}]}]
---
"""
