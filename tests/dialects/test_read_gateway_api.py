"""Gateway API: Gateways, HTTPRoutes and ReferenceGrants."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies.headers import HeaderChange, Headers
from gossamer.model.policies.mirror import Mirror, MirrorTarget
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.retry import Retry
from gossamer.model.policies.rewrite import PathRewrite, Replace, Rewrite
from gossamer.model.policies.server_tls import ServerTls, ServerTlsMode
from gossamer.model.policies.timeout import Timeout
from gossamer.model.traffic.gateway import Grant
from gossamer.model.traffic.route import Backend, Compare, NamedMatch, Route, RouteSet, StringMatch
from gossamer.model.traffic.service import Protocol
from tests.dialects.full_documents import API_GATEWAY, HTTP_ROUTE, REFERENCE_GRANT
from tests.dialects.full_manifests import GATEWAY_API, codes, first, reading, refused, spec, the

BACKEND = "backendRefs: [{name: a, port: 80}]"
REVIEWS = "reviews.shop.svc.cluster.local"


def rule(text: str) -> ReadResult:
    """The reading of an HTTPRoute for the service `a` with this one rule (flow style)."""
    parent = 'parentRefs: [{group: "", kind: Service, name: a}]'
    return spec(GATEWAY_API, "HTTPRoute", f"{parent}\nrules: [{{{text}}}]")


def only(result: ReadResult) -> Route:
    """The only route of a reading, whatever was found."""
    (route,) = first(result).routes
    assert isinstance(route, Route)
    return route


def rich() -> tuple[RouteSet, ...]:
    result = reading(HTTP_ROUTE)
    assert result.findings == ()
    assert result.contribution is not None
    return tuple(f for f in result.contribution.fragments if isinstance(f, RouteSet))


def routes() -> dict[str, Route]:
    return {route.name: route for route in rich()[0].routes}


def test_a_set_for_each_sort_of_parent() -> None:
    """Gateways by section and port, services by port; routes are the same for all."""
    section, port, own, foreign = rich()
    assert section.parents == ("gateway-api:edge/front#https",)
    assert (port.parents, port.port) == (("gateway-api:edge/front",), 80)
    assert section.hosts == port.hosts == ("shop.example.com",)
    assert (own.hosts, own.parents, own.port, own.consumers) == (
        (REVIEWS,),
        ("mesh",),
        9080,
        ("*",),
    )
    assert foreign.hosts == ("ratings.other.svc.cluster.local",)
    assert len({entry.routes for entry in rich()}) == 1


def test_a_route_for_another_namespaces_service_binds_its_own_clients() -> None:
    """GAMMA's consumer routes: only the route's namespace follows them."""
    assert rich()[3].consumers == ("shop",)


def test_without_hostnames_a_gateway_route_is_for_every_host() -> None:
    """The listener's hosts alone decide then."""
    fragment = the(
        spec(GATEWAY_API, "HTTPRoute", f"parentRefs: [{{name: g}}]\nrules: [{{{BACKEND}}}]")
    )
    assert fragment.hosts == ("*",)
    assert fragment.parents == ("gateway-api:default/g",)


def test_routes_stand_in_the_specifications_order() -> None:
    """Exact paths first, then longer prefixes, wherever they were written."""
    assert list(routes()) == ["1.1", "1.0", "2.0", "wide.0"]


@pytest.mark.parametrize(
    ("first_said", "then"),
    [
        ("path: {value: /a}", "path: {value: /a/b}"),
        ("path: {value: /a/b}", "path: {type: Exact, value: /a}"),
        ("path: {value: /a}", "{path: {value: /a}, method: GET}"),
        ("headers: [{name: a, value: b}]", "method: GET"),
        ("queryParams: [{name: a, value: b}]", "headers: [{name: a, value: b}]"),
        ("{}", "queryParams: [{name: a, value: b}]"),
    ],
)
def test_the_more_specific_match_goes_first(first_said: str, then: str) -> None:
    """Path, then method, then the number of headers, then of query parameters."""
    text = ", ".join(m if m.startswith("{") else f"{{{m}}}" for m in (first_said, then))
    assert [r.name for r in first(rule(f"matches: [{text}], {BACKEND}")).routes] == ["0.1", "0.0"]


def test_conditions_of_a_match() -> None:
    """Prefixes are whole segments, header names have no case, values may be patterns."""
    match = routes()["1.0"].match
    assert match.path == StringMatch(Compare.PATH_PREFIX, "/api")
    assert match.method == StringMatch(Compare.EXACT, "GET")
    assert match.headers == (
        NamedMatch("x-a", StringMatch(Compare.EXACT, "1")),
        NamedMatch("x-b", StringMatch(Compare.REGEX, "b+")),
    )
    assert match.query == (NamedMatch("q", StringMatch(Compare.EXACT, "1")),)
    assert routes()["wide.0"].match.path is None


def test_filters_timeouts_and_retries() -> None:
    """Each becomes the policy of its name; a literal percent sign is written for Envoy."""
    policies = routes()["1.0"].policies
    assert policies.get(Headers) == Headers(
        HeaderChange(set=(("x-a", "50%%"),), remove=("x-d",)),
        HeaderChange(add=(("x-b", "b"),)),
    )
    assert policies.get(Rewrite) == Rewrite(PathRewrite(Replace.FULL, "/v"), "inner.example.com")
    assert policies.get(Mirror) == Mirror(
        (MirrorTarget("shadow.shop.svc.cluster.local", 80, percent=25.0),)
    )
    assert policies.get(Timeout) == Timeout(timedelta(seconds=10), timedelta(seconds=2))
    assert policies.get(Retry) == Retry(
        3,
        on=("connect-failure", "refused-stream", "reset"),
        statuses=(502, 503),
        backoff=timedelta(milliseconds=100),
    )


def test_backends_with_shares_and_their_own_headers() -> None:
    """Weights default to 1; another namespace is written into the host, for grants to judge."""
    one, other = routes()["1.0"].backends
    assert (one.host, one.port, one.weight) == (REVIEWS, 9080, 9)
    assert one.policies.get(Headers) == Headers(HeaderChange(set=(("x-v", "a"),)))
    assert other == Backend("reviews.other.svc.cluster.local", 9080)


def test_a_redirect_needs_no_backend() -> None:
    """The caller is sent elsewhere; the new scheme's own port is meant."""
    route = routes()["2.0"]
    assert route.backends == ()
    assert route.policies.get(Redirect) == Redirect(
        301,
        "https",
        "new.example.com",
        RedirectPort.FROM_SCHEME,
        PathRewrite(Replace.PATH_PREFIX, "/new"),
    )


@pytest.mark.parametrize(
    "said",
    [
        "matches: [{path: {value: /a}}]",
        "backendRefs: []",
        "backendRefs: [{name: a, port: 80, weight: 0}]",
        "backendRefs: [{name: a, kind: Bucket, group: x.io}]",
        "backendRefs: [{name: a}]",
        f"filters: [{{type: ExternalAuth, externalAuth: {{}}}}], {BACKEND}",
        f"filters: [{{type: ExtensionRef, extensionRef: {{name: x}}}}], {BACKEND}",
        "backendRefs: [{name: a, port: 80, filters: [{type: ExternalAuth, externalAuth: {}}]}]",
    ],
)
def test_nowhere_to_go_is_refused_not_misrouted(said: str) -> None:
    """No backend, no weight, an unknown kind, an unsupported filter: these are answered 500."""
    assert all(backend.refused for backend in only(rule(said)).backends)
    assert only(rule(said)).backends


def test_the_share_of_a_bad_backend_stays_its_own() -> None:
    """A backend of an unknown kind keeps its weight; the others keep theirs."""
    text = "backendRefs: [{name: a, port: 80, weight: 3}, {name: b, kind: Odd, weight: 1}]"
    result = rule(text)
    assert [(b.weight, bool(b.refused)) for b in only(result).backends] == [(3, False), (1, True)]
    assert codes(result.findings) == ["invalid-reference"]


@pytest.mark.parametrize(
    "said",
    [
        f"matches: [{{path: {{type: Glob, value: /a}}}}], {BACKEND}",
        f"matches: [{{path: {{value: a}}}}], {BACKEND}",
        f"matches: [{{path: {{value: /a//b}}}}], {BACKEND}",
        f"matches: [{{path: {{type: RegularExpression, value: '('}}}}], {BACKEND}",
        f"matches: [{{method: get}}], {BACKEND}",
        f"matches: [{{headers: [{{value: a}}]}}], {BACKEND}",
        "backendRefs: [{name: a, port: 80, weight: -1}]",
        "backendRefs: [{port: 80}]",
        "backendRefs: [{name: 'a b', port: 80}]",
        f"filters: [{{type: Odd}}], {BACKEND}",
        f"filters: [{{type: URLRewrite}}], {BACKEND}",
        "filters: [{type: RequestRedirect, requestRedirect: {statusCode: 200}}]",
        f"filters: [{{type: URLRewrite, urlRewrite: {{hostname: 'a b'}}}}], {BACKEND}",
        "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [5]}}]",
        "backendRefs: [{name: a, port: 80, filters: "
        "[{type: URLRewrite, urlRewrite: {hostname: a}}]}]",
        f"filters: [{{type: URLRewrite, urlRewrite: {{}}}}, {{type: URLRewrite}}], {BACKEND}",
    ],
)
def test_a_rule_that_cannot_be_read_refuses_the_object(said: str) -> None:
    """Its requests would fall to a wider rule; the version before stays in force instead."""
    assert refused(rule(said))


@pytest.mark.parametrize(
    "said",
    [
        "timeouts: {request: soon}",
        "timeouts: {request: 1s, backendRequest: 2s}",
        "retry: {codes: [99]}",
        "retry: {codes: x}",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {kind: Odd, name: a}}}]",
        "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, "
        "percent: 101}}]",
    ],
)
def test_a_wrong_addition_is_left_out_alone(said: str) -> None:
    """What only adds to a rule goes by itself: requests still reach their backends."""
    result = rule(f"{said}, {BACKEND}")
    assert Severity.ERROR in {finding.severity for finding in result.findings}
    assert list(only(result).policies) == []
    assert [backend.refused for backend in only(result).backends] == [""]


@pytest.mark.parametrize(
    ("parent", "code"),
    [
        ('{group: "", kind: Service, name: a, sectionName: http}', "unsupported-parent"),
        ("{kind: ListenerSet, name: a}", "unsupported-parent"),
    ],
)
def test_a_parent_of_another_sort_is_left_out(parent: str, code: str) -> None:
    """The route holds for its other parents; without any its author hears that too."""
    result = spec(GATEWAY_API, "HTTPRoute", f"parentRefs: [{parent}]\nrules: [{{{BACKEND}}}]")
    assert codes(result.findings) == [code, "route-without-parent"]
    assert result.contribution is not None
    assert result.contribution.fragments == ()


def test_a_gateways_listeners() -> None:
    """Ports, hosts, certificates, and the namespaces whose routes may attach."""
    gateway = the(reading(API_GATEWAY))
    plain, secure, free = gateway.listeners
    assert gateway.selector == (("gateway.networking.k8s.io/gateway-name", "front"),)
    assert (plain.port, plain.protocol, plain.hosts) == (80, Protocol.HTTP, (("*", "*"),))
    assert plain.route_namespaces == ("edge",)
    assert secure.hosts == (("*", "*.example.com"),)
    assert secure.policies.get(ServerTls) == ServerTls(
        ServerTlsMode.SIMPLE, ("edge/front-cert", "certs/other")
    )
    assert secure.route_labels == (("team", "shop"),)
    assert free.route_namespaces == ("*",)
    assert free.route_labels is None


@pytest.mark.parametrize(
    ("listener", "severity"),
    [
        ("name: a, port: 443, protocol: HTTPS", Severity.ERROR),
        (
            "name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{kind: Odd, name: a}]}",
            Severity.ERROR,
        ),
        ("name: a, port: 0, protocol: HTTP", Severity.ERROR),
        ("name: a, port: 80, protocol: PIGEON", Severity.ERROR),
        ("name: a, port: 80, protocol: HTTP, hostname: 'a b'", Severity.ERROR),
        ("name: a, port: 80, protocol: TCP", Severity.WARNING),
        ("name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}", Severity.ERROR),
    ],
)
def test_a_listener_that_cannot_be_opened_as_meant_stays_closed(
    listener: str, severity: Severity
) -> None:
    """Its neighbours stand; its author is told."""
    both = f"[{{{listener}}}, {{name: ok, port: 81, protocol: HTTP}}]"
    result = spec(GATEWAY_API, "Gateway", f"gatewayClassName: a\nlisteners: {both}")
    assert [each.name for each in first(result).listeners] == ["ok"]
    assert severity in {finding.severity for finding in result.findings}


@pytest.mark.parametrize(
    "allowed",
    [
        "{kinds: [{kind: GRPCRoute}]}",
        "{namespaces: {from: Selector}}",
        "{namespaces: {from: None}}",
        "{namespaces: {from: Selector, selector: {matchExpressions: []}}}",
    ],
)
def test_what_admits_nobody_we_understand_admits_nobody(allowed: str) -> None:
    """Other kinds, no selector, or one that we cannot judge: no route attaches."""
    body = f"[{{name: a, port: 80, protocol: HTTP, allowedRoutes: {allowed}}}]"
    result = spec(GATEWAY_API, "Gateway", f"gatewayClassName: a\nlisteners: {body}")
    assert first(result).listeners[0].route_namespaces == ()


def test_a_grant() -> None:
    """Who may refer to what; an empty name stands for all of a kind."""
    grant = the(reading(REFERENCE_GRANT))
    assert grant == Grant(
        grant.object,
        "other",
        (("gateway.networking.k8s.io", "HTTPRoute", "shop"),),
        (("", "Service", "reviews"), ("", "Secret", "")),
    )


@pytest.mark.parametrize(
    "body", ["from: []\nto: []", "from: [{kind: A}]\nto: [{kind: B}]", "to: 5"]
)
def test_a_wrong_grant_grants_nothing(body: str) -> None:
    """Half a grant must not open more than was meant."""
    assert refused(spec(GATEWAY_API, "ReferenceGrant", body))
