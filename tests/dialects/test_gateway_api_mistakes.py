"""What Gateway API's schema refuses is told, and its right neighbour is not."""

from __future__ import annotations

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from tests.dialects.full_manifests import GATEWAY_API, spec

PARENT = "parentRefs: [{name: g}]"
TO = "backendRefs: [{name: reviews, port: 9080}]"
MANY = 17


def route(rule: str) -> str:
    """An HTTPRoute with this one rule."""
    return f"{PARENT}\nrules: [{{{rule}}}]"


def match(text: str) -> str:
    """An HTTPRoute with one rule and match."""
    return route(f"matches: [{{{text}}}], {TO}")


def filtered(text: str, more: str = TO) -> str:
    """An HTTPRoute with one filter."""
    return route(f"filters: [{{{text}}}], {more}")


def listener(text: str) -> str:
    """A Gateway with one listener."""
    return f"gatewayClassName: gossamer\nlisteners: [{{{text}}}]"


def grant(source: str, target: str) -> str:
    """A ReferenceGrant."""
    return f"from: [{{{source}}}]\nto: [{{{target}}}]"


FROM = "group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a"
SERVICE = 'group: "", kind: Service'
SET = "type: RequestHeaderModifier, requestHeaderModifier"
REDIRECT = "type: RequestRedirect, requestRedirect"
PREFIX = "path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}"
HTTP = "name: a, port: 80, protocol: HTTP"
CALLERS = "parentRefs: [{group: '', kind: Service, name: reviews}]"
MIRROR = "type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 80}}"

CASES: dict[str, tuple[str, str, str]] = {
    "a header twice in a match": (
        "HTTPRoute",
        match("headers: [{name: a, value: b}, {name: a, value: c}]"),
        match("headers: [{name: a, value: b}, {name: b, value: c}]"),
    ),
    "a parameter twice in a match": (
        "HTTPRoute",
        match("queryParams: [{name: a, value: b}, {name: a, value: c}]"),
        match("queryParams: [{name: a, value: b}, {name: A, value: c}]"),
    ),
    "a header removed twice": (
        "HTTPRoute",
        filtered(f"{SET}: {{remove: [a, a]}}"),
        filtered(f"{SET}: {{remove: [a, A]}}"),
    ),
    "a header set twice": (
        "HTTPRoute",
        filtered(f"{SET}: {{set: [{{name: a, value: b}}, {{name: a, value: c}}]}}"),
        filtered(f"{SET}: {{set: [{{name: a, value: b}}], add: [{{name: a, value: c}}]}}"),
    ),
    "a header set twice for a backend": (
        "HTTPRoute",
        route(
            "backendRefs: [{name: r, port: 1, filters: "
            f"[{{{SET}: {{add: [{{name: a, value: b}}, {{name: a, value: c}}]}}}}]}}]"
        ),
        route(
            "backendRefs: [{name: r, port: 1, filters: "
            f"[{{{SET}: {{add: [{{name: a, value: b}}]}}}}]}}]"
        ),
    ),
    "a header without a value": (
        "HTTPRoute",
        match("headers: [{name: a}]"),
        match("headers: [{name: a, value: b}]"),
    ),
    "a redirect beside backends": (
        "HTTPRoute",
        filtered(f"{REDIRECT}: {{scheme: https}}"),
        filtered(f"{REDIRECT}: {{scheme: https}}", "name: only"),
    ),
    "a redirect beside a rewrite": (
        "HTTPRoute",
        route(
            f"filters: [{{{REDIRECT}: {{scheme: https}}}}, "
            "{type: URLRewrite, urlRewrite: {hostname: a.b}}]"
        ),
        filtered("type: URLRewrite, urlRewrite: {hostname: a.b}"),
    ),
    "a prefix replaced where none is matched": (
        "HTTPRoute",
        route(
            "matches: [{path: {type: Exact, value: /a}}], "
            f"filters: [{{type: URLRewrite, urlRewrite: {{{PREFIX}}}}}], {TO}"
        ),
        route(
            "matches: [{path: {value: /a}}], "
            f"filters: [{{type: URLRewrite, urlRewrite: {{{PREFIX}}}}}], {TO}"
        ),
    ),
    "a prefix replaced where two are matched": (
        "HTTPRoute",
        route(
            "matches: [{path: {value: /a}}, {path: {value: /b}}], "
            f"filters: [{{{REDIRECT}: {{{PREFIX}}}}}]"
        ),
        route(f"filters: [{{{REDIRECT}: {{{PREFIX}}}}}]"),
    ),
    "a path of the other type": (
        "HTTPRoute",
        filtered(f"{REDIRECT}: {{path: {{type: ReplaceFullPath, replacePrefixMatch: /}}}}", ""),
        filtered(f"{REDIRECT}: {{path: {{type: ReplaceFullPath, replaceFullPath: /}}}}", ""),
    ),
    "a filter of another type": (
        "HTTPRoute",
        filtered(f"{SET}: {{remove: [a]}}, urlRewrite: {{hostname: a.b}}"),
        filtered(f"{SET}: {{remove: [a]}}"),
    ),
    "a query in a path": (
        "HTTPRoute",
        match("path: {value: '/a?b'}"),
        match("path: {value: '/a%3Fb'}"),
    ),
    "a sign that paths escape": (
        "HTTPRoute",
        match("path: {value: '/a|b'}"),
        match("path: {value: '/a%7Cb'}"),
    ),
    "a percent sign alone": (
        "HTTPRoute",
        match("path: {value: '/a%'}"),
        match("path: {value: '/a%25'}"),
    ),
    "a path that goes up": (
        "HTTPRoute",
        match("path: {value: '/a/..'}"),
        match("path: {value: '/a/..b'}"),
    ),
    "a parent twice": (
        "HTTPRoute",
        f"parentRefs: [{{name: g}}, {{name: g}}]\nrules: [{{{TO}}}]",
        f"parentRefs: [{{name: g, sectionName: a}}, {{name: g, sectionName: b}}]\n"
        f"rules: [{{{TO}}}]",
    ),
    "a parent and its section": (
        "HTTPRoute",
        f"parentRefs: [{{name: g}}, {{name: g, sectionName: b}}]\nrules: [{{{TO}}}]",
        f"parentRefs: [{{name: g}}, {{name: h, sectionName: b}}]\nrules: [{{{TO}}}]",
    ),
    "a rule's name twice": (
        "HTTPRoute",
        f"{PARENT}\nrules: [{{name: a, {TO}}}, {{name: a, {TO}}}]",
        f"{PARENT}\nrules: [{{name: a, {TO}}}, {{name: b, {TO}}}]",
    ),
    "a rule's name": ("HTTPRoute", route(f"name: A_b, {TO}"), route(f"name: a-b, {TO}")),
    "no rules at all": ("HTTPRoute", f"{PARENT}\nrules: []", route(TO)),
    "too many rules": (
        "HTTPRoute",
        f"{PARENT}\nrules: [{', '.join([f'{{{TO}}}'] * MANY)}]",
        f"{PARENT}\nrules: [{', '.join([f'{{{TO}}}'] * (MANY - 1))}]",
    ),
    "too many hosts": (
        "HTTPRoute",
        f"hostnames: [{', '.join(f'a{i}.b' for i in range(MANY))}]\n{route(TO)}",
        f"hostnames: [a.b]\n{route(TO)}",
    ),
    "all hosts by a star": (
        "HTTPRoute",
        f"hostnames: ['*']\n{route(TO)}",
        f"hostnames: ['*.a']\n{route(TO)}",
    ),
    "a host in capitals": (
        "HTTPRoute",
        f"hostnames: [A.b]\n{route(TO)}",
        f"hostnames: [a.b]\n{route(TO)}",
    ),
    "a fraction of a second": (
        "HTTPRoute",
        route(f"timeouts: {{request: 1.5s}}, {TO}"),
        route(f"timeouts: {{request: 1s500ms}}, {TO}"),
    ),
    "a namespace with a dot": (
        "HTTPRoute",
        route("backendRefs: [{name: a, namespace: b.c, port: 80}]"),
        route("backendRefs: [{name: a, namespace: b-c, port: 80}]"),
    ),
    "a listener's name": (
        "Gateway",
        listener("name: 'bad>', port: 80, protocol: HTTP"),
        listener(HTTP),
    ),
    "a listener's name twice": (
        "Gateway",
        f"gatewayClassName: g\nlisteners: [{{{HTTP}}}, {{name: a, port: 81, protocol: HTTP}}]",
        f"gatewayClassName: g\nlisteners: [{{{HTTP}}}, {{name: b, port: 81, protocol: HTTP}}]",
    ),
    "a certificate at a plain listener": (
        "Gateway",
        listener(f"{HTTP}, tls: {{certificateRefs: [{{name: a}}]}}"),
        listener("name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}"),
    ),
    "passthrough of HTTPS": (
        "Gateway",
        listener("name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}"),
        listener("name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: a}]}"),
    ),
    "a listener for a star": (
        "Gateway",
        listener(f"{HTTP}, hostname: '*'"),
        listener(f"{HTTP}, hostname: '*.a.b'"),
    ),
    "a controller without a domain": (
        "GatewayClass",
        "controllerName: example",
        "controllerName: example.com/a",
    ),
    "a class without a controller": (
        "GatewayClass",
        "description: a",
        "controllerName: example.com/a\ndescription: a",
    ),
    "a grant without a group": (
        "ReferenceGrant",
        grant(FROM, "kind: Service"),
        grant(FROM, SERVICE),
    ),
    "a grant for what is no namespace": (
        "ReferenceGrant",
        grant(f"{FROM}.b", SERVICE),
        grant(FROM, SERVICE),
    ),
    "a grant of too much": (
        "ReferenceGrant",
        f"from: [{{{FROM}}}]\nto: [{', '.join([f'{{{SERVICE}}}'] * MANY)}]",
        grant(FROM, SERVICE),
    ),
}


def errors(result: ReadResult) -> list[str]:
    """What is told as an error."""
    return [f.message for f in result.findings if f.severity is Severity.ERROR]


@pytest.mark.parametrize("name", CASES)
def test_what_the_api_server_refuses_is_an_error(name: str) -> None:
    """Each has a finding that is an error."""
    kind, wrong, _ = CASES[name]
    assert errors(spec(GATEWAY_API, kind, wrong))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
def test_its_right_neighbour_is_not(name: str) -> None:
    """What differs by the mistake alone is read without a word, warnings of no backend aside."""
    kind, _, right = CASES[name]
    result = spec(GATEWAY_API, kind, right)
    assert [f.message for f in result.findings if f.severity is not Severity.INFO] == []


def test_a_header_in_two_spellings_counts_once() -> None:
    """The API server takes it; the specification says that the first one is used: a warning."""
    result = spec(
        GATEWAY_API, "HTTPRoute", match("headers: [{name: a, value: b}, {name: A, value: c}]")
    )
    assert [(f.code, f.severity) for f in result.findings] == [("duplicate-name", Severity.WARNING)]


def test_a_redirect_to_where_the_request_came_from_is_a_warning() -> None:
    """The API server takes it, and clients would go round for ever."""
    result = spec(GATEWAY_API, "HTTPRoute", filtered(f"{REDIRECT}: {{statusCode: 301}}", ""))
    (finding,) = result.findings
    assert (finding.severity, "endless loop" in finding.effect) == (Severity.WARNING, True)


ACCEPTED_IN_VAIN = {
    "a kind of route that there is not": (
        "Gateway",
        listener(f"{HTTP}, allowedRoutes: {{kinds: [{{kind: FooRoute}}]}}"),
        "unknown-value",
    ),
    "namespaces by a selector that is not there": (
        "Gateway",
        listener(f"{HTTP}, allowedRoutes: {{namespaces: {{from: Selector}}}}"),
        "missing-field",
    ),
    "an address as a listener's hostname": (
        "Gateway",
        listener(f"{HTTP}, hostname: 10.1.2.3"),
        "invalid-host",
    ),
    "an address as a route's hostname": (
        "HTTPRoute",
        f"{PARENT}\nhostnames: [10.1.2.3]\nrules: [{{{TO}}}]",
        "invalid-host",
    ),
    "a weight on the only backend": (
        "HTTPRoute",
        route("backendRefs: [{name: reviews, port: 9080, weight: 30}]"),
        "no-effect",
    ),
    "a Service as parent without its group": (
        "HTTPRoute",
        f"parentRefs: [{{kind: Service, name: reviews}}]\nrules: [{{{TO}}}]",
        "invalid-reference",
    ),
    "hostnames for the callers of a Service": (
        "HTTPRoute",
        f"{CALLERS}\nhostnames: [a.example.com]\nrules: [{{{TO}}}]",
        "no-effect",
    ),
    "timeouts beside a redirect": (
        "HTTPRoute",
        filtered(f"{REDIRECT}: {{hostname: b.example.com}}", "timeouts: {request: 1s}"),
        "no-effect",
    ),
    "retry beside a redirect": (
        "HTTPRoute",
        filtered(f"{REDIRECT}: {{hostname: b.example.com}}", "retry: {attempts: 1}"),
        "no-effect",
    ),
    "copies beside a redirect": (
        "HTTPRoute",
        filtered(f"{REDIRECT}: {{hostname: b.example.com}}}}, {{{MIRROR}", ""),
        "no-effect",
    ),
    "copies to one Service twice": (
        "HTTPRoute",
        filtered(f"{MIRROR}}}, {{{MIRROR}"),
        "duplicate-destination",
    ),
    "a Host beside a new hostname": (
        "HTTPRoute",
        filtered(
            "type: URLRewrite, urlRewrite: {hostname: a}}, "
            f"{{{SET}: {{set: [{{name: Host, value: b}}]}}"
        ),
        "no-effect",
    ),
}

HAS_EFFECT = {
    "hostnames at a Gateway": f"{PARENT}\nhostnames: [a.example.com]\nrules: [{{{TO}}}]",
    "the callers of a Service": f"{CALLERS}\nrules: [{{{TO}}}]",
    "copies to two Services": filtered(f"{MIRROR}}}, {{{MIRROR.replace('copy', 'other')}"),
    "a header beside a new hostname": filtered(
        "type: URLRewrite, urlRewrite: {hostname: a}}, "
        f"{{{SET}: {{set: [{{name: x, value: b}}]}}"
    ),
    "timeouts beside backends": route(f"timeouts: {{request: 1s}}, {TO}"),
}


@pytest.mark.parametrize("name", ACCEPTED_IN_VAIN)
def test_what_the_api_server_takes_in_vain_is_a_warning(name: str) -> None:
    """It is stored there, and does nothing: its author hears why."""
    kind, text, code = ACCEPTED_IN_VAIN[name]
    result = spec(GATEWAY_API, kind, text).findings
    assert code in {each.code for each in result if each.severity is Severity.WARNING}


@pytest.mark.parametrize("name", HAS_EFFECT)
def test_what_has_its_effect_is_no_warning(name: str) -> None:
    """The neighbours of what is taken in vain are read without a word."""
    assert spec(GATEWAY_API, "HTTPRoute", HAS_EFFECT[name]).findings == ()
