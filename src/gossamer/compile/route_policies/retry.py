"""Retries of a route, its own or the mesh's default.

The default repeats twice. What never reached an application is repeated for every method;
an answer that an application may have given (503, unavailable, cancelled) only where the method
is idempotent, since repeating a POST may pay twice. Envoy's policy cannot tell methods apart,
so a route with the default becomes two: one for idempotent methods, one for the rest.
"""

from __future__ import annotations

from typing import Any

from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import (
    PreviousHostsPredicate,
)

from gossamer.model.policies.retry import Retry

UNSENT = ("connect-failure", "refused-stream", "reset-before-request")
SAFE = (*UNSENT, "unavailable", "cancelled", "retriable-status-codes")
DEFAULT_ATTEMPTS = 2
_PREVIOUS = "envoy.retry_host_predicates.previous_hosts"


def apply_retry(route: Any, retry: Retry) -> None:
    """Set what the author asked for; no attempts means no retries at all."""
    if retry.attempts <= 0:
        route.route.ClearField("retry_policy")
        return
    policy = route.route.retry_policy
    words = retry.on or SAFE
    if retry.statuses and "retriable-status-codes" not in words:
        words = (*words, "retriable-status-codes")
    _fill(policy, words, retry.attempts)
    statuses = retry.statuses or ((503,) if not retry.on else ())
    policy.retriable_status_codes.extend(statuses)
    if retry.per_try is not None:
        policy.per_try_timeout.FromTimedelta(retry.per_try)
    if retry.backoff is not None:
        policy.retry_back_off.base_interval.FromTimedelta(retry.backoff)


def retry_unsent(route: Any) -> None:
    """The default for methods that must not be repeated once they may have arrived."""
    _fill(route.route.retry_policy, UNSENT, DEFAULT_ATTEMPTS)


def retry_safely(route: Any) -> None:
    """The default for idempotent methods."""
    _fill(route.route.retry_policy, SAFE, DEFAULT_ATTEMPTS)
    route.route.retry_policy.retriable_status_codes.append(503)


def _fill(policy: Any, words: tuple[str, ...], attempts: int) -> None:
    policy.retry_on = ",".join(words)
    policy.num_retries.value = attempts
    policy.retry_host_predicate.add(name=_PREVIOUS).typed_config.Pack(PreviousHostsPredicate())
    policy.host_selection_retry_max_attempts = 5
