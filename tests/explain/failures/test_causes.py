"""What lines of access logs mean: each way to fail, and which line of several decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gossamer.envoy.access_log_line import AccessLogLine
from gossamer.explain.failures.causes import CAUSES, cause_of, rule_of
from gossamer.explain.failures.counted import counted_failures
from gossamer.explain.failures.hops import LoggedCall, in_order

GOOD = AccessLogLine(
    at="2026-11-28T15:10:09.310Z",
    method="GET",
    path="/",
    protocol="HTTP/1.1",
    code=200,
    flags="",
    details="via_upstream",
    termination="",
    transport_failure="",
    received=0,
    sent=0,
    duration_ms=9,
    forwarded_for="",
    user_agent="",
    request_id="one",
    authority="pay:8080",
    upstream_host="10.244.0.14:8080",
    upstream_cluster="outbound|8080||pay.shop.svc.cluster.local",
    upstream_local="",
    local="",
    remote="10.244.0.12:52784",
    server_name="",
    route="default",
)
RULE = "AuthorizationPolicy_shop/pay_rule_0"
REFUSED = replace(
    GOOD,
    code=403,
    details=f"rbac_access_denied_matched_policy[{RULE}]",
    upstream_host="",
    upstream_cluster="inbound|8080||",
    duration_ms=0,
)

LINES: list[tuple[str, dict[str, Any]]] = [
    ("denied", {"code": 403, "details": "rbac_access_denied_matched_policy[none]"}),
    (
        "denied",
        {"code": 0, "details": "", "termination": f"rbac_access_denied_matched_policy[{RULE}]"},
    ),
    ("token", {"code": 401, "details": "jwt_authn_access_denied{Jwt_is_missing}"}),
    ("external-authorization", {"code": 403, "flags": "UAEX", "details": "ext_authz_denied"}),
    ("fault", {"code": 503, "flags": "FI", "details": "fault_filter_abort"}),
    ("rate-limited", {"code": 429, "flags": "RL"}),
    ("no-endpoint", {"code": 503, "flags": "UH", "details": "no_healthy_upstream"}),
    (
        "overflow",
        {"code": 503, "flags": "UO", "details": "upstream_reset_before_response_started{overflow}"},
    ),
    ("no-route", {"code": 404, "flags": "NR", "details": "route_not_found"}),
    ("no-cluster", {"code": 503, "flags": "NC", "details": "cluster_not_found"}),
    ("timeout", {"code": 504, "flags": "UT", "details": "response_timeout"}),
    ("timeout", {"code": 504, "flags": "URX,UT", "details": "upstream_per_try_timeout"}),
    ("mtls", {"code": 503, "flags": "UF,URX", "transport_failure": "TLS_error:|268435703:SSL"}),
    ("connect", {"code": 503, "flags": "UF", "transport_failure": "delayed connect error: 111"}),
    ("reset", {"code": 503, "flags": "UC"}),
    ("bad-request", {"code": 400, "flags": "DPE"}),
    ("overload", {"code": 503, "flags": "OM"}),
    ("dns", {"code": 503, "flags": "DF"}),
    ("client-gone", {"code": 0, "flags": "DC", "details": "downstream_remote_disconnect"}),
    ("application", {"code": 500}),
    ("refused-by-application", {"code": 404}),
    ("proxy", {"code": 426, "details": "low_version"}),
]


@pytest.mark.parametrize(("name", "line"), LINES)
def test_each_cause(name: str, line: dict[str, Any]) -> None:
    """Flags and details of Envoy are told in words, with effect and remedy."""
    cause = cause_of(replace(GOOD, **line))
    assert cause is not None
    assert cause.name == name
    assert all((cause.says, cause.effect, cause.remedy))


def test_every_row_is_tried_above() -> None:
    """No cause without its line."""
    assert {cause.name for _, cause in CAUSES} == {name for name, _ in LINES}


def test_a_call_that_went_well_has_no_cause() -> None:
    """An answer below 400 through the application is none, nor are bytes that ended as usual."""
    assert cause_of(GOOD) is None
    assert cause_of(replace(GOOD, method="", code=0, details="", flags="")) is None


def test_the_rule_that_refused_is_named() -> None:
    """For requests and for bytes, as Envoy writes names of rules."""
    assert rule_of(REFUSED) == RULE
    assert rule_of(replace(REFUSED, details="", termination=REFUSED.details)) == RULE
    assert rule_of(GOOD) is None


def seen(*lines: tuple[str, AccessLogLine]) -> list[LoggedCall]:
    return [LoggedCall(pod, line) for pod, line in lines]


def test_the_receiving_proxy_knows_why() -> None:
    """The caller's proxy saw a 403 like any other; the request counts once, for its real cause."""
    caller = replace(GOOD, code=403)
    (failure,) = counted_failures(seen(("shop/pay-0", REFUSED), ("shop/web-0", caller)))
    assert (failure.cause.name, failure.rule, failure.count) == ("denied", RULE, 1)
    assert failure.last.pod == "shop/pay-0"


def test_an_attempt_that_was_repeated_with_success_is_no_failure() -> None:
    """The caller noticed nothing of it."""
    attempt = replace(REFUSED, code=503, flags="UC", details="x")
    assert counted_failures(seen(("shop/web-0", GOOD), ("shop/pay-0", attempt))) == ()


def test_two_calls_with_one_request_id_are_two() -> None:
    """Applications hand an id on to every call that they make for a request."""
    later = replace(GOOD, code=503, flags="UH", at="2026-11-28T15:10:10.000Z")
    earlier = replace(later, at="2026-11-28T15:10:08.000Z")
    (failure,) = counted_failures(seen(("shop/web-0", later), ("shop/web-0", earlier)))
    assert (failure.count, failure.last.line.at) == (2, later.at)


def test_hops_come_in_their_order() -> None:
    """By time; of two in one millisecond the one that lasted longer is the outer one."""
    ordered = in_order(seen(("b", REFUSED), ("a", GOOD)))
    assert [call.pod for call in ordered] == ["a", "b"]
    assert [call.arrives for call in ordered] == [False, True]
