"""SMI's traffic targets mean what the AuthorizationPolicy means that one would write instead."""

from __future__ import annotations

from itertools import product

import pytest

from gossamer.cli.reading import read_all
from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import views_of
from gossamer.compile.lookup.authorization import holding
from gossamer.explain.promises.ways_in import ways_in
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Severity
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole
from gossamer.store.paths import File
from tests.authorization_semantics.meeting import allows

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: team-b}
spec:
  selector: {app: pay}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 9090}]
---
"""
ROUTES = """
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: routes, namespace: team-b}
spec:
  matches:
  - {name: read, pathRegex: "/pay/[^/]+", methods: [GET, HEAD]}
  - {name: insiders, pathRegex: "/admin(/.*)?", methods: ["*"], headers: {x-team: "a|b+"}}
  - {name: all, pathRegex: ".*", methods: ["*"]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: ports, namespace: team-b}
spec: {matches: {ports: [8080]}}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: any-port, namespace: team-b}
spec: {}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: web, namespace: team-a}
spec: {schemes: {spiffeIdentities: [cluster.local/ns/team-a/sa/web]}}
---
apiVersion: access.smi-spec.io/v1alpha4
kind: IdentityBinding
metadata: {name: pay, namespace: team-b}
spec: {schemes: {podLabelSelectors: [{matchLabels: {app: pay}}]}}
---
"""
WEB = "kind: ServiceAccount, name: web, namespace: team-a"
BOUND = "kind: IdentityBinding, name: web, namespace: team-a"
ACCOUNT = "kind: ServiceAccount, name: pay"
BINDING = "kind: IdentityBinding, group: access.smi-spec.io, name: pay"
FROM_WEB = "from: [{source: {principals: [cluster.local/ns/team-a/sa/web]}}]"


def target(destination: str, source: str, rules: str) -> str:
    """A TrafficTarget of team-b."""
    return ROUTES + (
        "apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\n"
        "metadata: {name: one, namespace: team-b}\n"
        f"spec: {{destination: {{{destination}}}, sources: [{{{source}}}], rules: [{rules}]}}\n"
    )


def policy(rules: str) -> str:
    """The AuthorizationPolicy of team-b with these rules."""
    return (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        f"metadata: {{name: one, namespace: team-b}}\nspec: {{rules: [{rules}]}}\n"
    )


def route(name: str, *matches: str) -> str:
    """A reference to some matches of the group."""
    return f"{{kind: HTTPRouteGroup, name: {name}, matches: [{', '.join(matches)}]}}"


ANY_REQUEST = f"{{to: [{{operation: {{methods: ['*']}}}}], {FROM_WEB}}}"
INSIDE = "when: [{key: 'request.headers[x-team]', values: [a, b, bb]}]"
INSIDERS = f"{{to: [{{operation: {{paths: [/admin, /admin/*]}}}}], {INSIDE}, {FROM_WEB}}}"


def reading(more: str = "") -> str:
    """The rule of `read`, with more in its operation."""
    operation = f"{{methods: [GET, HEAD], paths: ['/pay/{{*}}']{more}}}"
    return f"{{to: [{{operation: {operation}}}], {FROM_WEB}}}"


PORTS, PORT = "{kind: TCPRoute, name: ports}", ", ports: ['8080']"
PAIRS = {
    "one match": (route("routes", "read"), reading()),
    "a match with headers": (route("routes", "insiders"), INSIDERS),
    "two matches": (
        route("routes", "insiders", "read"),
        f"{INSIDERS}, {reading()}",
    ),
    "any request": (route("routes", "all"), ANY_REQUEST),
    "a whole group": ("{kind: HTTPRouteGroup, name: routes}", ANY_REQUEST),
    "a match on a port": (f"{route('routes', 'read')}, {PORTS}", reading(PORT)),
    "a port": (PORTS, f"{{to: [{{operation: {{ports: ['8080']}}}}], {FROM_WEB}}}"),
    "any port": ("{kind: TCPRoute, name: any-port}", f"{{{FROM_WEB}}}"),
    "datagrams": ("{kind: UDPRoute, name: none}", ""),
    "no such group": (route("nowhere", "read"), ""),
    "no such match": (route("routes", "nothing"), ""),
    "no such group on a port": (f"{route('nowhere', 'read')}, {PORTS}", ""),
}
IDENTITIES = (None, "team-a/sa/web", "team-a/sa/other", "team-b/sa/web")
PATHS = ("/pay/1", "/pay/1/2", "/pay/", "/admin", "/admin/x", "/administrator", "/")
CALLS = [
    (identity, method, path, team)
    for identity, method, path, team in product(
        IDENTITIES, ("GET", "POST"), PATHS, (None, "a", "bb", "abc", "c")
    )
]


def mesh_of(text: str) -> tuple[Mesh, Pod]:
    """The mesh of these manifests with the pod that is called."""
    read = read_all([File("mesh.yaml", (SERVICE + text).encode())])
    assert not [each for each in read.findings if each.severity is Severity.ERROR]
    pod = Pod(
        *("team-b", "pay-1", "pay", ("10.244.0.9",), labels({"app": "pay"}), "pay"),
        role=ProxyRole.SIDECAR,
        ports=(PodPort("http", 8080), PodPort("tcp", 9090)),
    )
    contributions = {each.object: each for each in read.contributions}
    return assemble(Mesh(), contributions, observed_pods([pod]))[0], pod


def verdicts(text: str) -> list[bool]:
    """Whether each of many calls gets through, by each way into the pod."""
    mesh, pod = mesh_of(text)
    return [allows(way, *call) for way in ways_in(mesh, pod) for call in CALLS]


@pytest.mark.parametrize("rules", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("destination", [ACCOUNT, BINDING], ids=["account", "binding"])
@pytest.mark.parametrize("source", [WEB, BOUND], ids=["account", "binding"])
def test_equal_verdicts(rules: tuple[str, str], destination: str, source: str) -> None:
    """Who may, and by what, is the same in both dialects, for requests and for bytes."""
    smi, istio = rules
    got = verdicts(target(destination, source, smi))
    assert got == verdicts(policy(istio))
    assert any(got) is bool(istio)
    assert not all(got)


def findings_of(text: str) -> list[str]:
    """The codes of what is said of a text in its mesh."""
    mesh, _ = mesh_of(text)
    return [each.code for each in check_all(mesh, mesh.contributions.values())]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (target(ACCOUNT, WEB, route("nowhere")), "missing-reference"),
        (target(ACCOUNT, WEB, route("routes", "nothing")), "missing-reference"),
        (target(ACCOUNT, BOUND.replace("web", "nobody"), PORTS), "missing-reference"),
        (target(BINDING.replace("pay", "nobody"), WEB, PORTS), "missing-reference"),
        (target(ACCOUNT, "kind: IdentityBinding, name: pay", PORTS), "no-effect"),
        (target(ACCOUNT.replace("pay", "paid"), WEB, PORTS), "selector-matches-nothing"),
    ],
)
def test_references_that_lead_nowhere_are_told(text: str, code: str) -> None:
    """Each with the object that is not there."""
    assert findings_of(text) == [code]


def test_what_is_there_is_fine() -> None:
    """Nothing is said of a target with all that it refers to."""
    assert findings_of(target(ACCOUNT, BOUND, f"{route('routes', 'read')}, {PORTS}")) == []


def test_routes_that_come_later_count_at_once() -> None:
    """A filter was compiled without them, and its reads name what was not there."""
    mesh, pod = mesh_of(target(ACCOUNT, WEB, route("later", "read")))
    read = TrackedLookup(mesh)
    assert [rule.rules for rule in holding(read, views_of(mesh, pod).workload)] == [()]
    assert tables.TRAFFIC_ROUTES.key("HTTPRouteGroup team-b/later") in read.reads
