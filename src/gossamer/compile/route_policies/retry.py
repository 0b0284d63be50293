"""Retries of a route, its own or the mesh's default.

The default repeats twice. What never reached an application is repeated for every method;
an answer that an application may have given (503, unavailable, cancelled) only where the method
is idempotent, since repeating a POST may pay twice. Envoy's policy cannot tell methods apart,
so a route without conditions of its own becomes two: one for idempotent methods, one for the
rest. Conditions that an author names hold for every method.
"""

from __future__ import annotations

from typing import Any

from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import (
    PreviousHostsPredicate,
)

from gossamer.model.policies.retry import Retry

UNSENT = ("connect-failure", "refused-stream", "reset-before-request")
STATUSES = "retriable-status-codes"
SAFE = (*UNSENT, "unavailable", "cancelled", STATUSES)
DEFAULT = Retry(attempts=2)
_PREVIOUS = "envoy.retry_host_predicates.previous_hosts"


def by_method(retry: Retry) -> bool:
    """Whether the mesh's own conditions hold, which tell methods apart."""
    return retry.attempts > 0 and not (retry.on or retry.statuses)


def apply_retry(route: Any, retry: Retry) -> None:
    """Retry on what the author names; no attempts means no retries at all."""
    if retry.attempts <= 0:
        return
    words = retry.on or UNSENT
    if retry.statuses and STATUSES not in words:
        words = (*words, STATUSES)
    _fill(route.route.retry_policy, words, retry.statuses, retry)


def retry_unsent(route: Any, retry: Retry) -> None:
    """The mesh's conditions for methods that must not be repeated once they may have arrived."""
    _fill(route.route.retry_policy, UNSENT, (), retry)


def retry_safely(route: Any, retry: Retry) -> None:
    """The mesh's conditions for idempotent methods."""
    _fill(route.route.retry_policy, SAFE, (503,), retry)


def _fill(policy: Any, words: tuple[str, ...], statuses: tuple[int, ...], retry: Retry) -> None:
    policy.retry_on = ",".join(words)
    policy.retriable_status_codes.extend(statuses)
    policy.num_retries.value = retry.attempts
    policy.retry_host_predicate.add(name=_PREVIOUS).typed_config.Pack(PreviousHostsPredicate())
    policy.host_selection_retry_max_attempts = 5
    if retry.per_try is not None:
        policy.per_try_timeout.FromTimedelta(retry.per_try)
    if retry.backoff is not None:
        policy.retry_back_off.base_interval.FromTimedelta(retry.backoff)
