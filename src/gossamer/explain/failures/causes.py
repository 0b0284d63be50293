"""What made a call fail: one table, from Envoy's response flags and code details to words.

Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
(%RESPONSE_FLAGS%, %RESPONSE_CODE_DETAILS%).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gossamer.contract.authorization_names import refused_by
from gossamer.envoy.access_log_line import AccessLogLine

Holds = Callable[[AccessLogLine], bool]


@dataclass(frozen=True, slots=True)
class FailureCause:
    """A way for calls to fail: what happened, what callers notice, and the remedy."""

    name: str
    says: str
    effect: str
    remedy: str


def _flag(*flags: str) -> Holds:
    return lambda line: not set(flags).isdisjoint(line.flags.split(","))


def _details(*starts: str) -> Holds:
    return lambda line: line.details.startswith(starts)


def _denied(line: AccessLogLine) -> bool:
    return rule_of(line) is not None


def _tls(line: AccessLogLine) -> bool:
    return "TLS_error" in line.transport_failure or "CERTIFICATE" in line.transport_failure


def _answered(at_least: int) -> Holds:
    return lambda line: line.details == "via_upstream" and line.code >= at_least


_REFUSED = "the caller gets 403, or sees its connection close"
_UNAVAILABLE = "callers get 503"

CAUSES: tuple[tuple[Holds, FailureCause], ...] = (
    (
        _denied,
        FailureCause(
            "denied",
            "an authorization policy refuses it",
            _REFUSED,
            "Change the rule if the call is meant to be allowed; `gossamer can SRC DST` tries it",
        ),
    ),
    (
        _details("jwt_authn_access_denied"),
        FailureCause(
            "token",
            "its token is missing, expired or not valid",
            "the caller gets 401",
            "Send a token of an issuer that the RequestAuthentication names",
        ),
    ),
    (
        _flag("UAEX"),
        FailureCause(
            "external-authorization",
            "the external authorization service refuses it, or does not answer",
            "the caller gets what that service says, 403 where it does not answer",
            "Look at the provider of the CUSTOM policy and at its log",
        ),
    ),
    (
        _flag("FI"),
        FailureCause(
            "fault",
            "a fault that is injected on its route answers it",
            "the caller gets the fault's status",
            "Take the fault away; `gossamer explain` names its line",
        ),
    ),
    (
        _flag("RL", "RLSE"),
        FailureCause(
            "rate-limited",
            "a rate limit refuses it",
            "the caller gets 429",
            "Raise the limit or call less often",
        ),
    ),
    (
        _flag("UH"),
        FailureCause(
            "no-endpoint",
            "no healthy endpoint is there to take it",
            _UNAVAILABLE,
            "`gossamer get pods` shows which pods are Ready, `gossamer proxy endpoints` the health",
        ),
    ),
    (
        _flag("UO"),
        FailureCause(
            "overflow",
            "a limit of the destination's connectionPool is reached",
            _UNAVAILABLE,
            "Raise the limit in the DestinationRule or add instances",
        ),
    ),
    (
        _flag("NR"),
        FailureCause(
            "no-route",
            "no host or route takes it",
            "the caller gets 404",
            "`gossamer explain` says which routes do not match, and why",
        ),
    ),
    (
        _flag("NC"),
        FailureCause(
            "no-cluster",
            "its route leads to a destination that does not exist",
            "the caller gets the route's error, 503 unless said otherwise",
            "`gossamer analyze --live` names the route and the missing destination",
        ),
    ),
    (
        _flag("UT", "SI", "DT", "UMSDR"),
        FailureCause(
            "timeout",
            "the answer does not come in time",
            "the caller gets 504, or 408 where it was too slow itself",
            "Look at the destination's latency in `gossamer traffic`, or raise the route's timeout",
        ),
    ),
    (
        _tls,
        FailureCause(
            "mtls",
            "mutual TLS between the proxies fails",
            _UNAVAILABLE,
            "Compare the DestinationRule's tls.mode with the PeerAuthentication's mtls.mode; "
            "`gossamer status` shows the certificates",
        ),
    ),
    (
        _flag("UF"),
        FailureCause(
            "connect",
            "the connection to the endpoint is refused, closed or not answered",
            _UNAVAILABLE,
            "Check that the application listens on its port, and the mTLS mode of both ends",
        ),
    ),
    (
        _flag("UC", "UR", "UPE"),
        FailureCause(
            "reset",
            "the endpoint closes the connection before it has answered",
            _UNAVAILABLE,
            "Look at the application's log; compare its idle timeout with the proxy's",
        ),
    ),
    (
        _flag("DPE"),
        FailureCause(
            "bad-request",
            "the request is not valid HTTP",
            "the caller gets 400",
            "Fix the caller; Envoy names the fault in its code details",
        ),
    ),
    (
        _flag("OM"),
        FailureCause(
            "overload",
            "the proxy is short of memory or connections, and sheds load",
            _UNAVAILABLE,
            "`gossamer check` shows what the proxy uses; add instances",
        ),
    ),
    (
        _flag("DF"),
        FailureCause(
            "dns",
            "the destination's name does not resolve",
            _UNAVAILABLE,
            "Check the host of the ServiceEntry",
        ),
    ),
    (
        _flag("DC"),
        FailureCause(
            "client-gone",
            "the caller closes its connection before the answer is there",
            "the answer is lost",
            "Compare the caller's own timeout with the latency in `gossamer traffic`",
        ),
    ),
    (
        _answered(500),
        FailureCause(
            "application",
            "the application answers with an error",
            "the caller gets the application's answer",
            "Look at the application's log: `gossamer logs`",
        ),
    ),
    (
        _answered(400),
        FailureCause(
            "refused-by-application",
            "the application does not take it",
            "the caller gets the application's answer",
            "Fix the request; the application's log may say more",
        ),
    ),
    (
        lambda line: line.code >= 400,
        FailureCause(
            "proxy",
            "the proxy answers itself",
            "the caller gets the proxy's answer",
            "`gossamer explain` walks the same call through the proxy's configuration",
        ),
    ),
)
"""The first row that holds decides."""


def cause_of(line: AccessLogLine) -> FailureCause | None:
    """Why the call failed; None for one that did not."""
    return next((cause for holds, cause in CAUSES if holds(line)), None)


def rule_of(line: AccessLogLine) -> str | None:
    """The authorization rule that refused the call, as it is logged; None where none did."""
    return refused_by(line.details) or refused_by(line.termination) or None
