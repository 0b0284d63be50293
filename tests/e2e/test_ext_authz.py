"""External authorizers and Rego, asked by real Envoys before a call is let in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import CLIENT, WEB

SERVER = Path(__file__).parent / "authorizing_server.py"

AUTHORIZER = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: authorizer}}
spec:
  selector: {{matchLabels: {{app: authorizer}}}}
  template:
    metadata:
      labels: {{app: authorizer}}
      annotations: {{gossamer.dev/run: "{sys.executable} {SERVER}"}}
    spec:
      containers:
      - name: authorizer
        image: example/authorizer:1
        readinessProbe: {{tcpSocket: {{port: 8000}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: authorizer}}
spec:
  selector: {{app: authorizer}}
  ports: [{{name: http, port: 8000}}, {{name: grpc, port: 9000}}]
---
"""
HOST = "authorizer.default.svc.cluster.local"


def asked_of(provider: str, path: str = "/headers") -> str:
    """A policy that has requests for a path checked."""
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: checked}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  action: CUSTOM
  provider: {{name: {provider}}}
  rules: [{{to: [{{operation: {{paths: ["{path}"]}}}}]}}]
---
"""


def mesh_config(*providers: str) -> str:
    """MeshConfig with these providers, a line of YAML each."""
    lines = "".join(f"    - {each}\n" for each in providers)
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
    extensionProviders:
{lines}---
"""


PROVIDERS = mesh_config(
    f"{{name: web, envoyExtAuthzHttp: {{service: {HOST}, port: 8000, timeout: 2s,"
    " pathPrefix: /check, includeRequestHeadersInCheck: [x-verdict],"
    " headersToUpstreamOnAllow: [x-user],"
    " headersToDownstreamOnDeny: [x-user], includeAdditionalHeadersInCheck: {x-mesh: ours}}}",
    f"{{name: rpc, envoyExtAuthzGrpc: {{service: default/{HOST}, port: 9000, timeout: 2s}}}}",
    "{name: nobody, envoyExtAuthzGrpc: {service: nobody.example, port: 9000, timeout: 1s}}",
    "{name: open,"
    " envoyExtAuthzHttp: {service: nobody.example, port: 1, failOpen: true, timeout: 1s}}",
    "{name: told, envoyExtAuthzGrpc: {service: nobody.example, port: 1, statusOnError: '503'}}",
    "{name: rego, opa: {policy: opa/shop}}",
)

REGO = """
apiVersion: v1
kind: ConfigMap
metadata: {name: shop, namespace: opa}
data:
  policy.rego: |
    package envoy.authz
    import rego.v1
    default allow := false
    allow if {
      input.attributes.request.http.method in data.methods
      endswith(input.attributes.source.principal, "/ns/default/sa/default")
    }
  data.yaml: |
    methods: [METHODS]
---
"""

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client, a web that policies hold for, and an authorizer of our own."""
    lab.up_text(CLIENT + WEB + AUTHORIZER + PROVIDERS)
    return lab


def call(lab: Lab, *words: str, path: str = "/headers") -> tuple[int, Any]:
    """Status and body of a call from the client to the web."""
    argv = ("curl", "-s", "-w", "\n%{http_code}", *words, f"http://web{path}")
    text = lab.run("exec", "deploy/client", "--name", lab.name, "--", *argv).stdout
    body, _, status = text.rpartition("\n")
    return int(status), body


ALLOW = ("-H", "x-verdict: allow")


@pytest.mark.parametrize("provider", ["web", "rpc"])
def test_the_authorizer_decides(mesh: Lab, provider: str) -> None:
    """What it allows goes on with the headers that it set, what it denies gets its answer; a path
    that no rule names is not asked about, and a caller cannot say who it is."""
    mesh.apply(asked_of(provider))
    until(lambda: call(mesh)[0] == 401)
    assert call(mesh)[1] == "not by me"
    status, body = call(mesh, *ALLOW, "-H", "x-user: root")
    seen = {name.lower(): value for name, value in json.loads(body)["headers"].items()}
    assert (status, seen["x-user"]) == (200, ["alice"])
    assert call(mesh, path="/status/204")[0] == 204
    mesh.delete(asked_of(provider))
    until(lambda: call(mesh)[0] == 200)


@pytest.mark.parametrize(
    ("provider", "status"), [("nobody", 403), ("told", 503), ("open", 200), ("unheard-of", 403)]
)
def test_where_nobody_can_be_asked(mesh: Lab, provider: str, status: int) -> None:
    """Calls are refused, unless the provider says otherwise; so they are where MeshConfig has no
    such provider. Others go on."""
    mesh.apply(asked_of("rpc"))
    until(lambda: call(mesh)[0] == 401)
    mesh.apply(asked_of(provider))
    until(lambda: call(mesh, *ALLOW)[0] == status)
    assert call(mesh, path="/status/204")[0] == 204
    mesh.delete(asked_of(provider))
    until(lambda: call(mesh)[0] == 200)


def decisions(lab: Lab) -> list[dict[str, Any]]:
    """The log of decisions of the lab's host."""
    path = lab.home / "labs" / lab.name / "agent" / "decisions.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_rego_decides_beside_the_proxy(mesh: Lab) -> None:
    """A policy of a ConfigMap decides; a change of it holds at once, also for those whose plane is
    gone; each decision is a line; without a policy everybody is refused."""
    mesh.apply(REGO.replace("METHODS", "GET") + asked_of("rego"))
    until(lambda: call(mesh, "-X", "POST", path="/headers")[0] == 403)
    until(lambda: call(mesh)[0] == 200)
    mesh.run("plane", "stop", "--name", mesh.name)
    assert call(mesh)[0] == 200
    assert call(mesh, "-X", "POST")[0] == 403
    mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: mesh.apply(REGO.replace("METHODS", "HEAD")))
    until(lambda: call(mesh)[0] == 403)
    last = decisions(mesh)[-1]
    assert (last["policy"], last["result"], last["method"]) == ("opa/shop", False, "GET")
    assert last["source"] == "spiffe://cluster.local/ns/default/sa/default"
    mesh.apply(REGO.replace("METHODS", "GET"))
    until(lambda: call(mesh)[0] == 200)
    mesh.delete(REGO.replace("METHODS", "GET"))
    until(lambda: call(mesh)[0] == 403)
    assert "there is no policy opa/shop" in decisions(mesh)[-1]["reason"]
    mesh.delete(asked_of("rego"))
    until(lambda: call(mesh)[0] == 200)
