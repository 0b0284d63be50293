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
    """The retries of a rule. Attempts that are 0, or not said, switch them off, as in Istio."""
    stanza = rule.child("retries")
    if not stanza:
        return None
    attempts = stanza.integer("attempts", 0, low=0, high=1000)
    words, statuses = _conditions(stanza)
    found = Retry(
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
    return found


def _check_off(stanza: Fields) -> None:
    """Report conditions of retries that are switched off."""
    said = [n for n in ("perTryTimeout", "retryOn", "retryRemoteLocalities") if stanza.has(n)]
    if said:
        stanza.report(
            f"{dotted(stanza.path)} has {' and '.join(said)}, but no attempts",
            "Istio refuses it: without attempts nothing is retried",
            f"Set attempts, such as 2; to have no retries, write attempts: 0 without {said[0]}",
            field="attempts" if stanza.has("attempts") else said[0],
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
    said = [word.strip() for word in (stanza.string("retryOn") or "").split(",")]
    statuses = [int(word) for word in said if word.isdecimal() and 100 <= int(word[:9]) <= 599]
    words = [word for word in said if word in WORDS]
    for word in said:
        if word and word not in WORDS and not (word.isdecimal() and int(word[:9]) in statuses):
            _tell_word(stanza, word)
    return tuple(dict.fromkeys(words)), tuple(dict.fromkeys(statuses))


def _tell_word(stanza: Fields, word: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'retryOn'))} names {word[:60]!r}, which is not a retry condition",
        "Istio refuses it",
        f"Name HTTP statuses, or some of {', '.join(sorted(WORDS))}",
        field="retryOn",
        code="unknown-retry-condition",
    )
