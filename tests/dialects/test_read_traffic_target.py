"""SMI's access control: targets, routes and identities in all their versions."""

from __future__ import annotations

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.workload.access import (
    HttpMatch,
    Party,
    PartyKind,
    RouteKind,
    RouteReference,
    TrafficTarget,
)
from tests.dialects.full_manifests import codes, document, first, reading, refused, spec, the

ACCESS, SPECS = "access.smi-spec.io", "specs.smi-spec.io"
TARGET = """
destination: {kind: ServiceAccount, name: billing, namespace: default}
sources:
- {kind: ServiceAccount, name: web, namespace: team-a}
- {kind: ServiceAccount, name: batch}
RULES:
- {kind: HTTPRouteGroup, name: routes, matches: [metrics]}
- {kind: TCPRoute, name: ports}
"""


def target(body: str, version: str = "v1alpha3", kind: str = "TrafficTarget") -> ReadResult:
    """The reading of a TrafficTarget with this spec."""
    return spec(f"{ACCESS}/{version}", kind, body)


def check_target(read: TrafficTarget, rules: str) -> None:
    """It says what TARGET says."""
    assert read.destination.name == "billing"
    assert [(each.namespace, each.name) for each in read.sources] == [
        ("team-a", "web"),
        ("default", "batch"),
    ]
    assert read.routes == (
        RouteReference(RouteKind.HTTP, "routes", ("metrics",), f"{rules}[0]"),
        RouteReference(RouteKind.TCP, "ports", (), f"{rules}[1]"),
    )


def test_first_version_stands_beside_metadata() -> None:
    """v1alpha1 has no spec, and calls the rules specs."""
    text = document(f"{ACCESS}/v1alpha1", "TrafficTarget", TARGET.replace("RULES", "specs"))
    check_target(the(reading(text)), "specs")


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3", "v1alpha4"])
def test_later_versions_have_a_spec(version: str) -> None:
    """They differ in nothing that is read."""
    check_target(the(target(TARGET.replace("RULES", "rules"), version)), "spec.rules")


def test_a_destination_has_a_port() -> None:
    """Before v1alpha4 the port of a target is its destination's."""
    body = TARGET.replace("RULES", "rules").replace("namespace: default}", "port: 8080}")
    assert the(target(body)).port == 8080


def test_identities_are_told_from_accounts() -> None:
    """A party says its kind; in v1alpha4 that may be a binding."""
    body = TARGET.replace("RULES", "rules").replace(
        "kind: ServiceAccount, name: web", f"kind: IdentityBinding, group: {ACCESS}, name: web"
    )
    source = Party(PartyKind.BINDING, "team-a", "web", "spec.sources[0]")
    assert the(target(body, "v1alpha4")).sources[0] == source


@pytest.mark.parametrize(
    "body",
    [
        TARGET.replace("RULES", "rules").replace("namespace: default", "namespace: team-b"),
        TARGET.replace("RULES", "rules").replace(
            "{kind: ServiceAccount, name: billing", "{name: x"
        ),
        TARGET.replace("RULES", "rules").replace("destination", "dest"),
        "destination: {kind: ServiceAccount, name: billing}\nrules: []\nsources: []",
        "destination: {kind: ServiceAccount, name: billing}",
    ],
)
def test_targets_that_mean_nothing_are_refused(body: str) -> None:
    """Without a destination of its own namespace, sources and rules nobody can say who may."""
    assert refused(target(body))


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("{kind: ServiceAccount, name: batch}", "{kind: Group, name: batch}"),
        ("{kind: ServiceAccount, name: batch}", "{kind: ServiceAccount}"),
        ("{kind: ServiceAccount, name: batch}", "{kind: IdentityBinding, group: x, name: batch}"),
    ],
)
def test_sources_that_are_not_understood_may_nothing(good: str, bad: str) -> None:
    """The object holds for the others, its author is told, and the destination stays closed."""
    result = target(TARGET.replace("RULES", "rules").replace(good, bad))
    assert [each.name for each in first(result).sources] == ["web"]
    assert [each.effect for each in result.findings] == [
        "spec.sources[1] is left out: calls of this source are denied"
    ]


def test_rules_that_are_not_understood_allow_nothing() -> None:
    """An unknown kind of route is told, the known ones hold."""
    result = target(TARGET.replace("RULES", "rules").replace("TCPRoute", "GRPCRoute"))
    assert [each.kind for each in first(result).routes] == [RouteKind.HTTP]
    assert codes(result.findings) == ["unknown-value"]


def test_datagrams_are_not_kept_away() -> None:
    """Who writes a UDPRoute is told that datagrams do not pass the proxies."""
    result = target(TARGET.replace("RULES", "rules").replace("TCPRoute", "UDPRoute"))
    assert codes(result.findings) == ["no-effect"]
    assert first(result).routes[1].kind is RouteKind.UDP


MATCHES = """
matches:
- {name: metrics, pathRegex: /metrics, methods: [GET]}
- {name: any, pathRegex: ".*", methods: ["*"]}
- {name: insiders, headers: HEADERS}
"""


def test_routes_stand_beside_metadata_or_in_a_spec() -> None:
    """Headers are a list in v1alpha2, and a mapping later; names of headers have no case."""
    old = MATCHES.replace("HEADERS", "[{User-Agent: .*Android.*}, {cookie: a.*}]")
    new = MATCHES.replace("HEADERS", "{User-Agent: .*Android.*, cookie: a.*}")
    early = the(reading(document(f"{SPECS}/v1alpha2", "HTTPRouteGroup", old)))
    late = the(spec(f"{SPECS}/v1alpha4", "HTTPRouteGroup", new))
    assert early == late
    assert late.matches == (
        HttpMatch("metrics", "/metrics", ("GET",)),
        HttpMatch("any", ".*"),
        HttpMatch("insiders", headers=(("cookie", "a.*"), ("user-agent", ".*Android.*"))),
    )


@pytest.mark.parametrize("bad", ["pathRegex: '('", "headers: {a: '(?=b)'}"])
def test_what_envoy_would_refuse_matches_nothing(bad: str) -> None:
    """One bad expression closes its own match, not its neighbours."""
    body = f"matches: [{{name: bad, {bad}}}, {{name: good, pathRegex: /good}}]"
    result = spec(f"{SPECS}/v1alpha4", "HTTPRouteGroup", body)
    assert [each.name for each in first(result).matches] == ["good"]
    assert codes(result.findings) == ["invalid-regex"]


@pytest.mark.parametrize("kind", ["TCPRoute", "UDPRoute"])
def test_ports_are_listed(kind: str) -> None:
    """Without ports all are meant, as in versions that cannot list them."""
    assert the(spec(f"{SPECS}/v1alpha4", kind, "matches: {ports: [80, 90]}")).ports == (80, 90)
    assert the(spec(f"{SPECS}/v1alpha3", kind, "{}")).ports == ()
    assert refused(spec(f"{SPECS}/v1alpha4", kind, "matches: {ports: [70000]}"))


def test_a_binding_has_schemes() -> None:
    """Accounts, certificates' names and labels stand for one identity."""
    one = "cluster.local/ns/default/sa/web"
    body = f"schemes: {{serviceAccount: web, spiffeIdentities: [{one}, spiffe://other.org/a/b]}}"
    binding = the(target(body, "v1alpha4", "IdentityBinding"))
    assert (binding.account, binding.principals) == ("web", (one, "other.org/a/b"))
    body = "schemes: {podLabelSelectors: [{name: x, matchLabels: {app: web}}]}"
    assert the(target(body, "v1alpha4", "IdentityBinding")).selectors == ((("app", "web"),),)


@pytest.mark.parametrize(
    "schemes",
    [
        "{spiffeIdentities: [cluster.local/ns/team-b/sa/web]}",
        "{spiffeIdentities: ['*']}",
        "{spiffeIdentities: ['cluster.local/ns/default/sa/*']}",
        "{podLabelSelectors: [{name: all}]}",
        "{serviceAccount: a, podLabelSelectors: [{matchLabels: {app: web}}]}",
    ],
)
def test_a_binding_speaks_for_its_own_namespace(schemes: str) -> None:
    """Identities of other namespaces, of everybody, and unclear ones are refused."""
    assert refused(target(f"schemes: {schemes}", "v1alpha4", "IdentityBinding"))
