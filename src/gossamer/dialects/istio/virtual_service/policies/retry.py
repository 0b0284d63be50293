"""`retries`: how often, on what, and how long each try may take."""

from __future__ import annotations

from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.retry import Retry

WORDS = frozenset(
    [
        "5xx",
        "gateway-error",
        "reset",
        "reset-before-request",
        "connect-failure",
        "envoy-ratelimited",
        "retriable-4xx",
        "refused-stream",
        "retriable-status-codes",
        "retriable-headers",
        "http3-post-connect-failure",
        "cancelled",
        "deadline-exceeded",
        "internal",
        "resource-exhausted",
        "unavailable",
    ]
)


def read_retry(rule: Fields) -> Retry | None:
    """The retries of a rule. Attempts that are 0, or not set, switch them off, as in Istio."""
    stanza = rule.child("retries")
    if not stanza:
        return None
    attempts = stanza.integer("attempts", 0, low=0, high=1000)
    words, statuses = _conditions(stanza)
    retry = Retry(
        attempts=attempts,
        per_try=read_duration(stanza, "perTryTimeout"),
        on=words,
        statuses=statuses,
        backoff=read_duration(stanza, "backoff"),
    )
    stanza.unsupported(
        "retryRemoteLocalities",
        "retryIgnorePreviousHosts",
        effect="retries go to any endpoint but the one that failed",
    )
    if not attempts and not stanza.failed:
        _check_off(stanza)
    if left_out(stanza, "the mesh's own retries apply"):
        return None
    return retry


def _check_off(stanza: Fields) -> None:
    """Report conditions of retries that are switched off."""
    names = [n for n in ("perTryTimeout", "retryOn", "retryRemoteLocalities") if stanza.has(n)]
    if names:
        stanza.report(
            f"{dotted(stanza.path)} has {' and '.join(names)}, but no attempts",
            "Istio refuses it: without attempts nothing is retried",
            f"Set attempts, such as 2; to have no retries, write attempts: 0 without {names[0]}",
            field="attempts" if stanza.has("attempts") else names[0],
            code="missing-field",
        )
    elif stanza.has("backoff"):
        stanza.report(
            f"{dotted((*stanza.path, 'backoff'))} stands without attempts",
            "without attempts nothing is tried again, soon or late",
            "Set attempts, such as 2, or remove backoff",
            field="backoff",
            severity=Severity.WARNING,
            code="no-effect",
        )


def check_tries(rule: Fields) -> None:
    """A try that may take longer than the whole request is cut off with it."""
    stanza = rule.child("retries")
    if stanza.failed or not stanza.integer("attempts", 0):
        return
    whole, each = read_duration(rule, "timeout"), read_duration(stanza, "perTryTimeout")
    if whole and each and each >= whole:
        stanza.report(
            f"{dotted((*stanza.path, 'perTryTimeout'))} is not shorter than the rule's timeout",
            "the request times out before a hanging attempt does, so it is never retried",
            "Make perTryTimeout a fraction of timeout",
            field="perTryTimeout",
            severity=Severity.WARNING,
            code="no-effect",
        )


def _conditions(stanza: Fields) -> tuple[tuple[str, ...], tuple[int, ...]]:
    conditions = [condition.strip() for condition in (stanza.string("retryOn") or "").split(",")]
    statuses = [
        int(condition)
        for condition in conditions
        if condition.isdecimal() and 100 <= int(condition[:9]) <= 599
    ]
    names = [condition for condition in conditions if condition in WORDS]
    for condition in conditions:
        if (
            condition
            and condition not in WORDS
            and not (condition.isdecimal() and int(condition[:9]) in statuses)
        ):
            _tell_word(stanza, condition)
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(statuses))


def _tell_word(stanza: Fields, condition: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'retryOn'))} names {condition[:60]!r}, "
        "which is not a retry condition",
        "Istio refuses it",
        f"Name HTTP statuses, or some of {', '.join(sorted(WORDS))}",
        field="retryOn",
        code="unknown-retry-condition",
    )
