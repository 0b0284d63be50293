"""What becomes of promises, by policies, modes, ports and proxies."""

from __future__ import annotations

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.explain.promises.promise import read_promise
from gossamer.explain.promises.prove import Outcome, prove
from gossamer.explain.promises.shapes import ProofShape, shape_of_proof
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Severity
from gossamer.model.workload.federated_domain import FederatedDomain
from gossamer.store.paths import File

HOLDS, BROKEN, UNPROVEN = Outcome.HOLDS, Outcome.BROKEN, Outcome.UNPROVEN
TEAMS = """
apiVersion: v1
kind: Namespace
metadata: {name: team-a, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: team-b, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team-a, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pay, namespace: team-b, labels: {app: pay}}
spec: {serviceAccountName: pay, containers: [{name: app, image: app}]}
---
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: team-b}
spec:
  selector: {app: pay}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 9090}]
---
"""
STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: strict, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
"""
OPEN_PORT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: pay, namespace: team-b}
spec: {selector: {matchLabels: {app: pay}}, portLevelMtls: {"7070": {mode: PERMISSIVE}}}
---
"""


def policy(spec: str, name: str = "one") -> str:
    """An AuthorizationPolicy of team-b."""
    return (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        f"metadata: {{name: {name}, namespace: team-b}}\nspec: {spec}\n---\n"
    )


ONLY_B = policy("{rules: [{from: [{source: {namespaces: [team-b]}}]}]}")
NOT_A = policy("{action: DENY, rules: [{from: [{source: {namespaces: [team-a]}}]}]}")
READERS = policy(
    "{rules: [{from: [{source: {principals: ['*/sa/web']}}], "
    "to: [{operation: {methods: [GET], paths: [/items, '/items/{*}']}}]}]}"
)
ASKED = policy("{action: CUSTOM, provider: {name: opa}, rules: [{}]}")


def proof(text: str, promise: str) -> ProofShape:
    """What becomes of a promise in the mesh of these manifests."""
    read = read_all([File("mesh.yaml", (TEAMS + text).encode())])
    assert not [each for each in read.findings if each.severity is Severity.ERROR]
    mesh, _ = offline_mesh(read)
    return shape_of_proof(mesh, prove(mesh, [read_promise(promise)])[0])


@pytest.mark.parametrize(
    ("text", "promise", "outcome"),
    [
        ("", "no team-a to team-b", BROKEN),
        (NOT_A, "no team-a to team-b", BROKEN),
        (STRICT + NOT_A, "no team-a to team-b", HOLDS),
        (STRICT + NOT_A, "no * to team-b", BROKEN),
        (ONLY_B, "no team-a to team-b", HOLDS),
        (ONLY_B, "only team-b to team-b", HOLDS),
        (ONLY_B, "only team-b/pay to team-b", BROKEN),
        (ONLY_B, "no outside to team-b", HOLDS),
        (STRICT, "no outside to team-b", HOLDS),
        (STRICT + OPEN_PORT, "no outside to team-b", BROKEN),
        (STRICT + OPEN_PORT, "no outside to team-b port 8080", HOLDS),
        ("", "outside may call team-b", HOLDS),
        (STRICT, "outside may call team-b", BROKEN),
        (STRICT, "team-a may call team-b", HOLDS),
        (STRICT + NOT_A, "team-a may call team-b", BROKEN),
        (READERS, "team-a/web may call team-b/pay GET /items/7", HOLDS),
        (READERS, "team-a may call team-b POST /items/7", BROKEN),
        (READERS, "no team-a to team-b POST", HOLDS),
        (READERS, "no team-a to team-b /items/*", BROKEN),
        (READERS, "no team-a to team-b /secret*", HOLDS),
        (READERS, "no * to team-b port 9090", HOLDS),
        (STRICT + ASKED, "no team-a to team-b", UNPROVEN),
        (STRICT + ASKED + NOT_A, "no team-a to team-b", HOLDS),
        (STRICT + ASKED, "team-a may call team-b", UNPROVEN),
        ("", "no team-c to team-b", UNPROVEN),
        ("", "no team-a to team-c", UNPROVEN),
    ],
)
def test_outcomes(text: str, promise: str, outcome: Outcome) -> None:
    """For every identity, port, method and path."""
    assert proof(text, promise).outcome == outcome.value


def test_a_broken_promise_shows_a_call() -> None:
    """With the workload that can make it, and the rule that lets it in."""
    shown = proof(READERS, "no team-a to team-b")
    assert shown.call is not None
    assert shown.by is not None
    assert (shown.call.source, shown.call.identity) == (
        "team-a/web",
        "cluster.local/ns/team-a/sa/web",
    )
    assert (shown.call.port, shown.call.method, shown.call.path) == (8080, "GET", "/items")
    assert (shown.by.object, shown.by.field) == (
        "AuthorizationPolicy team-b/one",
        "spec.rules[0]",
    )


def test_plaintext_counts_for_every_namespace() -> None:
    """A denial by namespace does not reach who shows none, and the call shown says so."""
    shown = proof(NOT_A, "no team-a to team-b").call
    assert shown is not None
    assert (shown.identity, shown.mtls) == ("", False)


@pytest.mark.parametrize(
    "annotations",
    ["sidecar.istio.io/inject: 'false'", "traffic.sidecar.istio.io/excludeInboundPorts: '9090'"],
)
def test_who_has_no_proxy_is_open(annotations: str) -> None:
    """No policy holds for a pod without a proxy, nor for a port that its proxy does not take."""
    bare = TEAMS.replace(
        "labels: {app: pay}", f"annotations: {{{annotations}}}, labels: {{app: pay}}"
    )
    read = read_all([File("mesh.yaml", (bare + STRICT + policy("{}")).encode())])
    mesh, _ = offline_mesh(read)
    (answer,) = prove(mesh, [read_promise("no * to team-b")])
    assert answer.outcome is BROKEN
    assert "no proxy takes the calls" in answer.reason


def test_a_gateway_calls_for_strangers() -> None:
    """Where a route of a gateway leads to the workload, its account counts as outside."""
    gateway = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front, namespace: team-b}
spec:
  selector: {app: front}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front, namespace: team-b}
spec: {hosts: ["*"], gateways: [front], http: [{route: [{destination: {host: HOST}}]}]}
---
"""
    to_pay = gateway.replace("HOST", "pay")
    assert proof(STRICT + to_pay, "no outside to team-b").outcome == "broken"
    assert proof(STRICT + to_pay + ONLY_B, "no outside to team-b").outcome == "holds"
    elsewhere = gateway.replace("HOST", "other.team-a.svc.cluster.local")
    assert proof(STRICT + elsewhere, "no outside to team-b").outcome == "holds"


def test_federated_domains_are_callers() -> None:
    """Who is let in by the bundle of another domain counts, and is no workload of the mesh."""
    read = read_all([File("mesh.yaml", (TEAMS + STRICT).encode())])
    mesh, _ = offline_mesh(read)
    federated = {tables.FEDERATION.key("*"): (FederatedDomain("other.org", b""),)}
    joined = assemble(mesh, {}, federated)[0]
    promises = [read_promise("no outside to team-b"), read_promise("only *,outside to team-b")]
    assert [each.outcome for each in prove(mesh, promises)] == [HOLDS, HOLDS]
    broken, _ = prove(joined, promises)
    assert broken.outcome is BROKEN
    shown = shape_of_proof(joined, broken).call
    assert shown is not None
    assert shown.identity.startswith("other.org/ns/")


def test_what_is_not_read_is_left_open() -> None:
    """A regular expression that looks at places may match or not: that is not proven either way."""
    smi = """
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: one, namespace: team-b}
spec:
  destination: {kind: ServiceAccount, name: pay}
  sources: [{kind: ServiceAccount, name: web, namespace: team-a}]
  rules: [{kind: HTTPRouteGroup, name: routes}]
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: routes, namespace: team-b}
spec: {matches: [{name: one, pathRegex: "(?i)/items", methods: [GET]}]}
---
"""
    assert proof(smi, "no team-a to team-b").outcome == "unproven"
    assert proof(smi, "no team-a to team-b POST").outcome == "holds"
    assert proof(smi, "team-a may call team-b GET").outcome == "unproven"
    assert proof(smi, "no outside to team-b").outcome == "holds"
