"""A redirect that comes back to its own rule is told; one that arrives somewhere is not."""

from __future__ import annotations

import pytest

from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, gateway_api, istio

GATEWAY = gateway_api(
    "Gateway",
    "{gatewayClassName: gossamer, listeners: [{name: http, port: 80, protocol: HTTP}, "
    "{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}]}",
)
SERVER = istio(
    "Gateway",
    "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP},"
    " hosts: ['*.example.com']}]}",
)
TO = "backendRefs: [{name: reviews, port: 9080}]"


def api(redirect: str, parent: str = "", more: str = "", first: str = "") -> str:
    """An HTTPRoute that redirects, beside a Gateway with a listener of each scheme."""
    filtered = f"{{{more}filters: [{{type: RequestRedirect, requestRedirect: {{{redirect}}}}}]}}"
    return (
        GATEWAY
        + "---\n"
        + gateway_api(
            "HTTPRoute",
            f"{{parentRefs: [{{name: one{parent}}}], hostnames: [a.example.com], "
            f"rules: [{first}{filtered}]}}",
        )
    )


def outside(rules: str) -> str:
    """A VirtualService at an Istio Gateway that speaks HTTP alone."""
    hosts = "hosts: [a.example.com], gateways: [one]"
    return SERVICE + SERVER + "---\n" + istio("VirtualService", f"{{{hosts}, http: [{rules}]}}")


def inside(rules: str) -> str:
    """A VirtualService for calls of the mesh."""
    return SERVICE + istio("VirtualService", f"{{hosts: [reviews], http: [{rules}]}}")


def loops(text: str) -> list[str]:
    """Where a loop is told."""
    return [each.origin.field for each in analyzed(text) if each.code == "redirect-loop"]


FULL = "path: {type: ReplaceFullPath, replaceFullPath: /login}"
PREFIX = "path: {type: ReplacePrefixMatch, replacePrefixMatch: /app}"
ONLY = ", sectionName: http"
ROUTED = "route: [{destination: {host: reviews}}]"


@pytest.mark.parametrize(
    "text",
    [
        api("scheme: https"),
        api("scheme: http", ONLY),
        api("hostname: a.example.com"),
        api("port: 80"),
        api(FULL),
        api(PREFIX, more="matches: [{path: {value: /}}], "),
        outside("{redirect: {uri: /login}}"),
        outside("{redirect: {scheme: http}}"),
        outside("{match: [{uri: {prefix: /}}], redirect: {prefixRewrite: /app}}"),
        inside("{redirect: {uri: /login}}"),
        inside("{match: [{uri: {exact: /a}}], redirect: {uri: /a}}"),
        inside("{redirect: {authority: reviews.default.svc.cluster.local}}"),
    ],
)
def test_coming_back_to_the_same_rule_is_told(text: str) -> None:
    """Once for the rule, whatever the dialect and the listener."""
    assert len(loops(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        api("scheme: https", ONLY),
        api("hostname: b.example.com"),
        api("port: 8080"),
        api(FULL, more="matches: [{path: {type: Exact, value: /}}], "),
        api(FULL, first=f"{{matches: [{{path: {{value: /login}}}}], {TO}}}, "),
        api(FULL, more="matches: [{headers: [{name: x, value: y}]}], "),
        outside("{redirect: {scheme: https}}"),
        outside(
            f"{{match: [{{uri: {{prefix: /login}}}}], {ROUTED}}}, {{redirect: {{uri: /login}}}}"
        ),
        inside("{match: [{uri: {exact: /a}}], redirect: {uri: /b}}"),
        inside("{match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /b}}"),
        inside("{redirect: {authority: elsewhere.example.com}}"),
    ],
)
def test_arriving_somewhere_is_right(text: str) -> None:
    """Another scheme, host, port or path, or a rule before that takes it."""
    assert loops(text) == []
