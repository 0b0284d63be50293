"""AuthorizationPolicy, in Istio's words."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies.workload.authorization import (
    Attribute,
    Authorization,
    AuthorizationAction,
    CallCondition,
    ValueCompare,
    ValueMatch,
)
from gossamer.model.workload.workload_policy import PolicyTarget
from tests.dialects.full_manifests import codes, first, spec

SECURITY = "security.istio.io/v1"


def read(body: str) -> ReadResult:
    return spec(SECURITY, "AuthorizationPolicy", body)


def said(body: str) -> Authorization:
    result = read(body)
    assert result.findings == ()
    value: Any = first(result).policies.get(Authorization)
    assert isinstance(value, Authorization)
    return value


def source(text: str) -> str:
    return f"rules: [{{from: [{{source: {{{text}}}}}]}}]"


def operation(text: str) -> str:
    return f"rules: [{{to: [{{operation: {{{text}}}}}]}}]"


def when(text: str) -> str:
    return f"rules: [{{when: [{{{text}}}]}}]"


def test_without_a_word_it_allows_nothing() -> None:
    """The action is ALLOW, and without rules nobody is let in: that is no mistake."""
    assert said("{}") == Authorization(AuthorizationAction.ALLOW)
    assert said("rules: []") == Authorization(AuthorizationAction.ALLOW)
    assert len(said("rules: [{}]").rules) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'*'", ValueMatch(ValueCompare.PRESENT)),
        ("'*b'", ValueMatch(ValueCompare.SUFFIX, "b")),
        ("'b*'", ValueMatch(ValueCompare.PREFIX, "b")),
        ("b", ValueMatch(ValueCompare.EXACT, "b")),
    ],
)
def test_a_star_is_any_text(text: str, value: ValueMatch) -> None:
    """Alone, before a text or behind one."""
    (rule,) = said(source(f"principals: [{text}]")).rules
    assert rule.sources[0][0].values == (value,)


def test_each_condition_knows_its_place() -> None:
    """What explanations point at; excluded values stand beside the others."""
    (rule,) = said(source("namespaces: [a, b], notNamespaces: [c]")).rules
    assert rule.field == "spec.rules[0]"
    assert rule.sources == (
        (
            CallCondition(
                Attribute.NAMESPACE,
                (ValueMatch(ValueCompare.EXACT, "a"), ValueMatch(ValueCompare.EXACT, "b")),
                (ValueMatch(ValueCompare.EXACT, "c"),),
                field="spec.rules[0].from[0].source.namespaces",
            ),
        ),
    )


def test_an_account_is_of_the_policys_namespace() -> None:
    """Unless it names another."""
    (rule,) = said(source("serviceAccounts: [web, shop/api]")).rules
    assert [each.text for each in rule.sources[0][0].values] == ["default/web", "shop/api"]


@pytest.mark.parametrize(
    ("key", "attribute", "path"),
    [
        ('"request.headers[X-Role]"', Attribute.HEADER, ("x-role",)),
        ('"request.auth.claims[a][b]"', Attribute.CLAIM, ("a", "b")),
        ("request.auth.audiences", Attribute.AUDIENCE, ()),
        ("source.serviceAccount", Attribute.SERVICE_ACCOUNT, ()),
        (
            '"experimental.envoy.filters.network.mysql_proxy[db.table]"',
            Attribute.FILTER_METADATA,
            ("envoy.filters.network.mysql_proxy", "db.table"),
        ),
    ],
)
def test_keys_of_conditions(key: str, attribute: Attribute, path: tuple[str, ...]) -> None:
    """A header in lower case, a claim by its path, metadata by filter and key."""
    (rule,) = said(when(f"key: {key}, values: [x]")).rules
    assert (rule.conditions[0].attribute, rule.conditions[0].key) == (attribute, path)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("action: REFUSE", "unknown-value"),
        (source(""), "missing-field"),
        ("rules: [{from: []}]", "missing-field"),
        ("rules: [{to: []}]", "missing-field"),
        ("rules: [{from: [{}]}]", "missing-field"),
        (source("principals: []"), "invalid-field"),
        (source('principals: [""]'), "invalid-field"),
        (source("principals: a"), "wrong-type"),
        (source("ipBlocks: [10.0.0.300]"), "invalid-address"),
        (source("ipBlocks: [10.0.0.0/33]"), "invalid-address"),
        (source("remoteIpBlocks: [10.0.0.0/255.0.0.0]"), "invalid-address"),
        (source('notIpBlocks: ["fe80::1%eth0"]'), "invalid-address"),
        (source("serviceAccounts: [a/b/c]"), "invalid-field"),
        (source('serviceAccounts: ["a*"]'), "invalid-field"),
        (source("serviceAccounts: [a], namespaces: [b]"), "invalid-field"),
        (source("serviceAccounts: [a], notPrincipals: [b]"), "invalid-field"),
        (source("names: [a]"), "unknown-field"),
        ("rules: [{form: [{source: {namespaces: [a]}}]}]", "unknown-field"),
        ("actoin: DENY\nrules: [{}]", "unknown-field"),
        (operation('ports: ["0"]'), "out-of-range"),
        (operation('ports: ["70000"]'), "out-of-range"),
        (operation('ports: ["http"]'), "out-of-range"),
        (operation('paths: ["/a/{*"]'), "invalid-path"),
        (operation('paths: ["/a{*}"]'), "invalid-path"),
        (operation('paths: ["/{**}/a/{*}"]'), "invalid-path"),
        (operation('paths: ["/{*}/*"]'), "invalid-path"),
        (when("key: request.method, values: [GET]"), "unknown-value"),
        (when('key: "request.headers[a][b]", values: [x]'), "unknown-value"),
        (when('key: "request.headers[a b]", values: [x]'), "invalid-header"),
        (when("key: source.ip"), "missing-field"),
        (when("values: [x]"), "missing-field"),
        ("action: CUSTOM", "missing-field"),
        ("action: DENY\nprovider: {name: a}\nrules: [{}]", "invalid-field"),
        (
            "selector: {matchLabels: {a: b}}\ntargetRefs: [{kind: Service, name: a}]",
            "invalid-field",
        ),
        (
            "targetRef: {kind: Service, name: a}\ntargetRefs: [{kind: Service, name: a}]",
            "invalid-field",
        ),
        ("targetRefs: [{kind: Pod, name: a}]", "invalid-reference"),
        ("targetRefs: [{kind: Service, name: a, namespace: b}]", "invalid-reference"),
        (
            "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: a}]",
            "invalid-reference",
        ),
        ("targetRefs: [{kind: Service}]", "missing-field"),
        ("selector: {app: a}", "missing-field"),
    ],
)
def test_a_mistake_refuses_the_object(body: str, code: str) -> None:
    """The author is told which, and nothing of the object is used."""
    result = read(body)
    assert result.contribution is None
    errors = [each for each in result.findings if each.severity is Severity.ERROR]
    assert {each.code for each in errors} == {code}
    assert all("is refused" in each.effect for each in errors)


def test_a_denial_that_was_never_taken_is_told_as_open() -> None:
    """Its author learns that what it is to refuse is not refused."""
    (finding,) = read("action: DENY\n" + source("ipBlocks: [x]")).findings
    assert "what it is to refuse is not refused" in finding.effect


@pytest.mark.parametrize(
    "body", ["action: DENY", "action: AUDIT\nrules: []", operation('paths: ["/a*b"]')]
)
def test_what_matches_nothing_is_told(body: str) -> None:
    """Such an object is used, with a warning."""
    result = read(body)
    assert result.contribution is not None
    assert codes(result.findings) == ["no-effect"]


def test_targets_are_objects_of_its_namespace() -> None:
    """By group, kind and name; `core` is the group of Services."""
    result = read(
        "targetRefs:\n- {group: core, kind: Service, name: a}\n"
        "- {group: networking.istio.io, kind: ServiceEntry, name: b}\n"
        "- {group: gateway.networking.k8s.io, kind: Gateway, name: c}"
    )
    assert first(result).targets == (
        PolicyTarget("", "Service", "a"),
        PolicyTarget("networking.istio.io", "ServiceEntry", "b"),
        PolicyTarget("gateway.networking.k8s.io", "Gateway", "c"),
    )
