"""The line that a proxy writes for each call: in the shape that Istio's users know.

Callers choose much of it: path, Host, user agent, request id, forwarded addresses. None of it can
make a line say something else: Envoy takes no request with a line break in these, and a line with
a quote too many is not read at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

FORMAT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" '
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    '"%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER% '
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%\n"
)

_LINE = re.compile(
    r'\[(?P<at>[^]"]+)] "(?P<method>[^" ]+) (?P<path>[^"]*) (?P<protocol>[^" ]+)" '
    r'(?P<code>\d+) (?P<flags>[^" ]+) (?P<details>[^" ]+) (?P<termination>[^"]+) '
    r'"(?P<transport_failure>[^"]*)" (?P<received>\d+) (?P<sent>\d+) (?P<duration_ms>\d+|-) '
    r'[^" ]+ "(?P<forwarded_for>[^"]*)" "(?P<user_agent>[^"]*)" "(?P<request_id>[^"]*)" '
    r'"(?P<authority>[^"]*)" "(?P<upstream_host>[^"]*)" (?P<upstream_cluster>[^" ]+) '
    r'(?P<upstream_local>[^" ]+) (?P<local>[^" ]+) (?P<remote>[^" ]+) (?P<server_name>[^" ]+) '
    r'(?P<route>[^"]*)'
)


@dataclass(frozen=True, slots=True)
class AccessLogLine:
    """One call as a proxy wrote it down at its end; "" is what Envoy has nothing to say of.

    `at` is when it began, in RFC 3339, so that later ones sort behind. A connection of bytes has no
    method, path, code (0) or request id.
    """

    at: str
    method: str
    path: str
    protocol: str
    code: int
    flags: str
    details: str
    termination: str
    transport_failure: str
    received: int
    sent: int
    duration_ms: int
    forwarded_for: str
    user_agent: str
    request_id: str
    authority: str
    upstream_host: str
    upstream_cluster: str
    upstream_local: str
    local: str
    remote: str
    server_name: str
    route: str


_NUMBERS = ("code", "received", "sent", "duration_ms")


def parse_line(text: str) -> AccessLogLine | None:
    """What a line says; None for anything that is not exactly such a line."""
    match = _LINE.fullmatch(text.removesuffix("\n"))
    if match is None or "\n" in match[0]:
        return None
    texts = {name: "" if value == "-" else value for name, value in match.groupdict().items()}
    fields: dict[str, Any] = {
        name: int(text or 0) if name in _NUMBERS else text for name, text in texts.items()
    }
    return AccessLogLine(**fields)
