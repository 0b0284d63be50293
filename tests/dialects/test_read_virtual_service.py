"""VirtualServices: what each stanza becomes, and what becomes of a wrong one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gossamer.dialects.reading import ReadResult
from gossamer.model.finding import Severity
from gossamer.model.policies.direct_response import DirectResponse
from gossamer.model.policies.fault import Abort, Delay, Fault
from gossamer.model.policies.headers import HeaderChange, Headers
from gossamer.model.policies.mirror import Mirror, MirrorTarget
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.retry import Retry
from gossamer.model.policies.rewrite import PathRewrite, Replace, Rewrite
from gossamer.model.policies.timeout import Timeout
from gossamer.model.traffic.route import (
    Backend,
    Compare,
    Match,
    NamedMatch,
    Route,
    RouteSet,
    StringMatch,
)
from tests.dialects.full_documents import VIRTUAL_SERVICE
from tests.dialects.full_manifests import NETWORKING, codes, first, reading, refused, spec, the

ROUTE = "route: [{destination: {host: reviews}}]"


def rule(text: str) -> ReadResult:
    """The reading of a VirtualService for `reviews` with this one rule (flow style)."""
    return spec(NETWORKING, "VirtualService", f"hosts: [reviews]\nhttp: [{{{text}}}]")


def only(result: ReadResult) -> Route:
    """The only route of a reading, whatever was found."""
    (route,) = first(result).routes
    assert isinstance(route, Route)
    return route


def rich() -> RouteSet:
    service = the(reading(VIRTUAL_SERVICE))
    assert isinstance(service, RouteSet)
    return service


def test_names_are_expanded_by_the_authors_namespace() -> None:
    """Short hosts, gateways and `.` in exportTo mean the VirtualService's own namespace."""
    assert rich().hosts == ("reviews.shop.svc.cluster.local", "*.example.com")
    assert rich().parents == ("mesh", "istio:shop/front", "istio:edge/public")
    assert rich().consumers == ("other", "shop")


def test_matches_of_one_rule_become_routes_in_written_order() -> None:
    """Alternatives share what becomes of the request; names say rule and match."""
    assert [route.name for route in rich().routes] == [
        "canary.0",
        "canary.1",
        "1.0",
        "2.0",
        "3.0",
    ]
    one, other = rich().routes[:2]
    assert one.backends == other.backends


def test_every_condition_of_a_match_is_kept() -> None:
    """Path, method, headers, their absence, query, port and source all must hold."""
    assert rich().routes[0].match == Match(
        path=StringMatch(Compare.PREFIX, "/api", ignore_case=True),
        method=StringMatch(Compare.EXACT, "GET"),
        authority=StringMatch(Compare.REGEX, "a.*"),
        scheme=StringMatch(Compare.EXACT, "https"),
        headers=(
            NamedMatch("end-user", StringMatch(Compare.EXACT, "jason")),
            NamedMatch("x-any", StringMatch(Compare.PRESENT)),
            NamedMatch("x-bot", StringMatch(Compare.PREFIX, "b"), absent=True),
        ),
        query=(NamedMatch("q", StringMatch(Compare.EXACT, "1")),),
        port=9080,
        source_labels=(("app", "productpage"),),
        source_namespace="shop",
        gateways=("mesh",),
    )


def test_backends_have_full_hosts_ports_subsets_shares_and_headers() -> None:
    """A backend says all that a cluster's name needs, and its own header changes."""
    one, other = rich().routes[0].backends
    assert one == Backend("reviews.shop.svc.cluster.local", 9080, "v1", 90)
    assert (other.host, other.subset, other.weight) == (
        "reviews.other.svc.cluster.local",
        "v2",
        10,
    )
    assert other.policies.get(Headers) == Headers(response=HeaderChange(add=(("x-version", "v2"),)))


def test_a_lone_destination_gets_everything() -> None:
    """Istio gives a single destination all requests even where its weight is 0."""
    assert [backend.weight for backend in rich().routes[-1].backends] == [1]


def test_policies_of_a_rule() -> None:
    """Each stanza is its own value, found by type."""
    policies = rich().routes[0].policies
    assert policies.get(Timeout) == Timeout(timedelta(seconds=5))
    assert policies.get(Retry) == Retry(
        3, timedelta(seconds=2), ("5xx", "reset"), (503,), timedelta(milliseconds=25)
    )
    assert policies.get(Fault) == Fault(Delay(0.5, timedelta(seconds=7)), Abort(10.0, 503))
    assert policies.get(Headers) == Headers(
        HeaderChange((("x-a", "%DOWNSTREAM_REMOTE_ADDRESS%"),), (("x-b", "1"),), ("x-c",))
    )
    assert policies.get(Mirror) == Mirror(
        (MirrorTarget("shadow.shop.svc.cluster.local", None, "v3", 25.0),)
    )


def test_rewrites_follow_the_match() -> None:
    """`uri` stands for the matched prefix, or for the whole path where no prefix matched."""
    by_prefix, whole, *_ = rich().routes
    assert by_prefix.policies.get(Rewrite) == Rewrite(
        PathRewrite(Replace.PREFIX, "/v1/api"), "inner"
    )
    assert whole.policies.get(Rewrite) == Rewrite(PathRewrite(Replace.FULL, "/v1/api"), "inner")
    by_regex = rich().routes[-1].policies.get(Rewrite)
    assert by_regex == Rewrite(PathRewrite(Replace.REGEX, r"/b/\1", "^/a/(.*)"))


def test_answers_of_the_proxy_itself() -> None:
    """Redirects and direct responses need no backend."""
    moved, teapot = rich().routes[2:4]
    assert moved.policies.get(Redirect) == Redirect(
        308, "https", "b.example.com", 444, PathRewrite(Replace.FULL, "/new")
    )
    assert teapot.policies.get(DirectResponse) == DirectResponse(418, b"short and stout")
    assert moved.backends == teapot.backends == ()


def test_origins_point_at_lines() -> None:
    """Routes by name, and each stanza by its path, are found in the author's text."""
    contribution = reading(VIRTUAL_SERVICE).contribution
    assert contribution is not None
    origins = dict(contribution.origins)
    assert origins["route canary.1"].field == "spec.http[0].match[1]"
    lines = VIRTUAL_SERVICE.splitlines()
    second, fault = origins["spec.http[0].route[1]"].line, origins["spec.http[0].fault"].line
    assert second is not None
    assert fault is not None
    assert "subset: v2" in lines[second - 1]
    assert "fault:" in lines[fault - 1]
    assert origins[""].field == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("timeout: 0s", Timeout(timedelta(0))),
        ("retries: {attempts: 0}", Retry(0)),
        (
            "retries: {attempts: 2, retryOn: 'gateway-error,503,409'}",
            Retry(2, on=("gateway-error",), statuses=(503, 409)),
        ),
        (
            "fault: {abort: {percent: 50, grpcStatus: UNAVAILABLE}}",
            Fault(abort=Abort(50.0, grpc_status=14)),
        ),
        (
            "mirror: {host: b}, mirrorPercent: 10",
            Mirror((MirrorTarget("b.default.svc.cluster.local", percent=10.0),)),
        ),
        ("mirror: {host: b}", Mirror((MirrorTarget("b.default.svc.cluster.local"),))),
    ],
)
def test_small_print(said: str, meant: object) -> None:
    """0s is no bound, 0 attempts no retries, old spellings of percentages still count."""
    assert list(only(rule(f"{ROUTE}, {said}")).policies) == [meant]


@pytest.mark.parametrize(
    ("said", "port"),
    [
        ("redirect: {port: 8443}", 8443),
        ("redirect: {derivePort: FROM_REQUEST_PORT}", RedirectPort.FROM_REQUEST),
        ("redirect: {derivePort: FROM_PROTOCOL_DEFAULT}", RedirectPort.FROM_SCHEME),
        ("redirect: {uri: /x}", None),
    ],
)
def test_ports_of_redirects(said: str, port: object) -> None:
    """A redirect's port is a number, derived, or not spoken of."""
    redirect = only(rule(said)).policies.get(Redirect)
    assert redirect is not None
    assert redirect.port == port


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("fault: {abort: {percentage: {value: 100}, httpStatus: 999}}", "out-of-range"),
        ("fault: {abort: {percentage: {value: 101}, httpStatus: 500}}", "out-of-range"),
        ("fault: {abort: {percentage: {value: 1}, grpcStatus: SAD}}", "unknown-value"),
        ("fault: {delay: {percentage: {value: 1}, fixedDelay: 0s}}", "out-of-range"),
        ("fault: {delay: {percentage: {value: 1}}}", "missing-field"),
        ("timeout: soon", "wrong-type"),
        ("retries: {attempts: -1}", "out-of-range"),
        ("mirror: {host: 'a b'}", "invalid-host"),
        ("mirror: {host: b}, mirrorPercentage: {value: 200}", "out-of-range"),
        ("headers: {request: {set: {'a b': c}}}", "invalid-header"),
        ("headers: {request: {set: {a: 50%}}}", "invalid-header"),
        ("headers: {request: {set: {a: '%NOBODY%'}}}", "invalid-header"),
        ("headers: {response: {add: {a: 'x%REQ%'}}}", "invalid-header"),
    ],
)
def test_a_wrong_addition_is_left_out_alone(said: str, code: str) -> None:
    """What only adds to a rule goes by itself: requests still reach their backends."""
    result = rule(f"{ROUTE}, {said}")
    assert codes(result.findings, Severity.ERROR) == [code]
    route = only(result)
    assert list(route.policies) == []
    assert [backend.host for backend in route.backends] == ["reviews.default.svc.cluster.local"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (f"match: [{{uri: {{exact: 5}}}}], {ROUTE}", "wrong-type"),
        (f"match: [{{uri: {{suffix: /a}}}}], {ROUTE}", "unknown-match"),
        (f"match: [{{uri: {{}}}}], {ROUTE}", "unknown-match"),
        (f"match: [{{uri: {{regex: '(?=a)'}}}}], {ROUTE}", "invalid-regex"),
        (f"match: [{{headers: {{a: {{regex: '['}}}}}}], {ROUTE}", "invalid-regex"),
        (f"match: [{{headers: {{a: {{like: b}}}}}}], {ROUTE}", "unknown-match"),
        (f"match: [{{port: 70000}}], {ROUTE}", "out-of-range"),
        (f"match: [{{gateways: ['a/b/c']}}], {ROUTE}", "invalid-gateway-name"),
        (f"match: x, {ROUTE}", "wrong-type"),
        ("route: [{destination: {host: 'a b'}}]", "invalid-host"),
        ("route: [{destination: {subset: v1}}]", "missing-field"),
        ("route: []", "missing-field"),
        ("route: [{destination: {host: a}, weight: -1}, {destination: {host: b}}]", "out-of-range"),
        (
            "route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]",
            "weights-sum-zero",
        ),
        ("timeout: 1s", "missing-field"),
        ("redirect: {redirectCode: 200}", "out-of-range"),
        ("directResponse: {status: 700}", "out-of-range"),
        ("directResponse: {status: 200, body: {bytes: '!'}}", "invalid-field"),
        (f"rewrite: {{uriRegexRewrite: {{match: '(', rewrite: a}}}}, {ROUTE}", "invalid-regex"),
    ],
)
def test_a_rule_that_cannot_be_read_refuses_the_object(said: str, code: str) -> None:
    """Half a VirtualService would send requests elsewhere than intended, so none of it is used."""
    result = rule(said)
    assert refused(result)
    assert code in codes(result.findings)


@pytest.mark.parametrize(
    "body",
    [
        f"hosts: ['a b']\nhttp: [{{{ROUTE}}}]",
        "hosts: []\nhttp: {}",
        f"hosts: ['*']\nhttp: [{{{ROUTE}}}]",
        f"hosts: [a]\nexportTo: [5]\nhttp: [{{{ROUTE}}}]",
        f"hosts: [a]\nhttp: [{{{ROUTE}}}, 5]",
        "hosts: [a]\nhttp: {}",
    ],
)
def test_a_wrong_head_refuses_the_object(body: str) -> None:
    """Nobody can say whose requests are meant: `*` in the mesh would take every call."""
    assert refused(spec(NETWORKING, "VirtualService", body))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (f"{ROUTE}, corsPolicy: {{}}", "no-effect"),
        (f"{ROUTE}, fault: {{abort: {{httpStatus: 500}}}}", "fault-without-percentage"),
        (f"{ROUTE}, timout: 5s", "unknown-field"),
        (f"match: [{{headers: {{uri: {{exact: a}}}}}}], {ROUTE}", "ignored-header-match"),
    ],
)
def test_what_has_no_effect_is_told(said: str, code: str) -> None:
    """Fields that are unknown, unsupported or idle are warnings; the routes stand."""
    result = rule(said)
    assert codes(result.findings) == [code]
    assert result.findings[0].severity is Severity.WARNING
    assert only(result).backends


def test_a_delegate_is_refused_not_skipped() -> None:
    """Requests of a rule that delegates are answered 500, not handed to the next rule."""
    result = rule("delegate: {name: other}")
    assert codes(result.findings) == ["unsupported-field"]
    assert only(result).backends[0].refused


def test_tcp_routes_alone_say_nothing_yet() -> None:
    """A VirtualService of TCP routes is told apart as unsupported, and adds nothing."""
    result = spec(NETWORKING, "VirtualService", "hosts: [a]\ntcp: [{route: []}]")
    assert codes(result.findings) == ["unsupported-field"]
    assert result.contribution is not None
    assert result.contribution.fragments == ()
