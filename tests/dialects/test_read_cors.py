"""Cross-origin requests, in Istio's words and in the Gateway API's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.policies.cors import Cors
from gossamer.model.traffic.route import Compare, StringMatch
from tests.dialects.full_manifests import GATEWAY_API, NETWORKING, codes, first, spec

ROUTE = "route: [{destination: {host: reviews}}]"


def istio(cors: str) -> ReadResult:
    body = f"hosts: [reviews]\nhttp:\n- {{{ROUTE}, corsPolicy: {{{cors}}}}}"
    return spec(NETWORKING, "VirtualService", body)


def gateway_api(cors: str) -> ReadResult:
    rule = f"{{filters: [{{type: CORS, cors: {{{cors}}}}}], backendRefs: [{{name: a, port: 80}}]}}"
    return spec(GATEWAY_API, "HTTPRoute", f"parentRefs: [{{name: front}}]\nrules:\n- {rule}")


def policy(result: ReadResult) -> Cors | None:
    (route,) = first(result).routes
    value: Cors | None = route.policies.get(Cors)
    return value


def test_defaults_are_each_dialects_own() -> None:
    """Istio forwards the preflight of another origin and says no age; the Gateway API neither."""
    origin = (StringMatch(Compare.EXACT, "https://a.example"),)
    assert policy(istio('allowOrigins: [{exact: "https://a.example"}]')) == Cors(
        origin, forward_unmatched=True
    )
    assert policy(gateway_api('allowOrigins: ["https://a.example"]')) == Cors(
        origin, max_age=timedelta(seconds=5)
    )


def test_the_old_list_of_origins_is_read_and_told() -> None:
    """Exact ones, where the new list is not there."""
    result = istio('allowOrigin: ["https://a.example"]')
    assert policy(result) == Cors(
        (StringMatch(Compare.EXACT, "https://a.example"),), forward_unmatched=True
    )
    assert codes(result.findings) == ["deprecated-field"]


@pytest.mark.parametrize(
    ("said", "origin", "matches"),
    [
        ("https://*.example.com", "https://a.b.example.com", True),
        ("https://*.example.com", "https://example.com", False),
        ("https://*.example.com", "https://a.example.com:8443", False),
        ("https://*.example.com", "https://a.example.com.evil.net", False),
        ("https://*.example.com", "https://aXexample.com", False),
        ("https://*.example.com", "https://evil.net/a.example.com", False),
        ("http://*:8080", "http://anything:8080", True),
        ("https://*", "http://anything", False),
    ],
)
def test_a_wildcard_takes_the_labels_before_it(said: str, origin: str, matches: bool) -> None:
    """And neither another port, scheme nor path."""
    result = policy(gateway_api(f'allowOrigins: ["{said}"]'))
    assert result is not None
    (match,) = result.origins
    assert match.compare is Compare.REGEX
    assert bool(re.fullmatch(match.value, origin)) is matches


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("allowOrigins: [{}]", "invalid-origin"),
        ('allowOrigins: [{exact: ""}]', "invalid-origin"),
        ('allowOrigins: [{regex: "("}]', "invalid-regex"),
        ("allowOrigins: [{exact: a}], allowHeaders: [a b]", "invalid-header"),
        ("allowOrigins: [{exact: a}], maxAge: 1500ms", "out-of-range"),
        ("allowOrigins: [{exact: a}], unmatchedPreflights: NEVER", "unknown-value"),
        ('allowOrigins: [{exact: a}], allowCredentials: "yes please"', "wrong-type"),
    ],
)
def test_a_wrong_policy_is_left_out_alone(said: str, code: str) -> None:
    """Then no other site may read anything, and the rule's requests go where they went."""
    result = istio(said)
    assert code in codes(result.findings)
    assert policy(result) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('allowOrigins: ["example.com"]', "invalid-origin"),
        ('allowOrigins: ["https://a.example/path"]', "invalid-origin"),
        ('allowOrigins: ["https://a.example:99999"]', "invalid-origin"),
        ('allowOrigins: ["*"], allowMethods: [get]', "unknown-value"),
        ('allowOrigins: ["*"], allowMethods: [GET, "*"]', "unknown-value"),
        ('allowOrigins: ["*"], maxAge: 0', "out-of-range"),
        ('allowOrigins: ["*"], exposeHeaders: ["a b"]', "invalid-header"),
    ],
)
def test_a_wrong_filter_takes_its_route_along(said: str, code: str) -> None:
    """A filter that cannot be honoured must not be skipped, says the specification."""
    result = gateway_api(said)
    assert code in codes(result.findings)
    assert result.contribution is None


@pytest.mark.parametrize(
    "result",
    [
        istio('allowOrigins: [{exact: "*"}], allowCredentials: true'),
        gateway_api('allowOrigins: ["*"], allowCredentials: true'),
    ],
    ids=["Istio", "Gateway API"],
)
def test_every_site_with_credentials_is_told(result: ReadResult) -> None:
    """It holds, as it is written, and its author hears what it means."""
    assert policy(result) is not None
    assert codes(result.findings) == ["any-origin-with-credentials"]
