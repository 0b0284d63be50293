"""The line of the access log: what is written is what is read, whatever callers put into it."""

from __future__ import annotations

import pytest

from gossamer.envoy.access_log_line import FORMAT, parse_line

DENIED = (
    '[2026-11-28T15:10:09.310Z] "GET /admin HTTP/1.1" 403 - '
    'rbac_access_denied_matched_policy[AuthorizationPolicy_shop/deny_rule_0] - "-" 0 19 0 - "-" '
    '"curl/8" "053c49b6-b1c1-40d1-b863-600c90a87918" "pay:8080" "-" inbound|8080|| - '
    "10.244.0.14:8080 10.244.0.12:52784 outbound_.8080_._.pay.shop.svc.cluster.local default\n"
)
BYTES = (
    '[2026-11-28T15:10:09.310Z] "- - -" 0 UF,URX - - "-" 10 0 5 - "-" "-" "-" "-" '
    '"10.244.0.9:3306" tcp|10.96.0.4:3306 - 10.96.0.4:3306 10.244.0.12:40000 - -\n'
)


def test_a_request() -> None:
    """Every field that people ask for is there under its name."""
    line = parse_line(DENIED)
    assert line is not None
    assert (line.at, line.method, line.path, line.code) == (
        "2026-11-28T15:10:09.310Z",
        "GET",
        "/admin",
        403,
    )
    assert line.details == "rbac_access_denied_matched_policy[AuthorizationPolicy_shop/deny_rule_0]"
    assert (line.flags, line.upstream_host, line.termination) == ("", "", "")
    assert (line.request_id, line.authority) == ("053c49b6-b1c1-40d1-b863-600c90a87918", "pay:8080")
    assert (line.upstream_cluster, line.remote) == ("inbound|8080||", "10.244.0.12:52784")
    assert (line.local, line.route) == ("10.244.0.14:8080", "default")


def test_a_connection_of_bytes() -> None:
    """It has no method, path or code."""
    line = parse_line(BYTES)
    assert line is not None
    assert (line.method, line.path, line.code, line.flags) == ("", "", 0, "UF,URX")
    assert (line.upstream_host, line.received, line.duration_ms) == ("10.244.0.9:3306", 10, 5)


@pytest.mark.parametrize(
    "agent",
    [
        'x" "another-id" "evil:80" "10.0.0.1:80" outbound|80||evil - - - - default',
        'x" "id',
        '"',
        "a\nb",
    ],
)
def test_a_caller_cannot_write_another_field(agent: str) -> None:
    """A user agent with quotes would begin the next field; such a line is not read at all."""
    assert parse_line(DENIED.replace("curl/8", agent)) is None


@pytest.mark.parametrize("text", ["", "{}", "[x] ", DENIED[:90], DENIED + DENIED])
def test_what_is_no_such_line(text: str) -> None:
    """Anything else is nothing, and no error."""
    assert parse_line(text) is None


def test_the_format_has_the_quotes_that_are_read() -> None:
    """A field that is added to the format must be read, too."""
    shown = (
        "t GET / HTTP/2 200 - via_upstream - - 1 2 3 4 fwd agent id host up cluster - l r - name"
    )
    values = iter(shown.split())
    text = "".join(next(values) if at % 2 else part for at, part in enumerate(FORMAT.split("%")))
    line = parse_line(text)
    assert line is not None
    assert (line.method, line.sent, line.user_agent, line.route) == ("GET", 2, "agent", "name")
