"""Retries of a route, its own or the mesh's default.

The default repeats twice, whatever the method, what never reached an application. An answer that
an application may have given (503) is repeated only where the method is idempotent, since
repeating a POST may pay twice; that part is a filter's (`http_filters/retry.py`). Conditions that
an author names hold for every method, and alone.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import (
    PreviousHostsPredicate,
)

from gossamer.compile.http.no_answer import retry_marked
from gossamer.compile.http_filters.retry import STATUSES, refuse_more
from gossamer.model.policies.retry import Retry

UNSENT = ("connect-failure", "refused-stream", "reset-before-request")
IF_ASKED = (503,)
"""Statuses that are repeated for requests that ask for it, as idempotent ones do."""

DEFAULT = Retry(attempts=2)
_PREVIOUS = "envoy.retry_host_predicates.previous_hosts"


def apply_retry(route: Route, retry: Retry) -> None:
    """Retry on what the author names, else on what the mesh does; no attempts: never."""
    named = bool(retry.on or retry.statuses)
    if named or retry.attempts <= 0:
        refuse_more(route)
    if retry.attempts <= 0:
        return
    words = retry.on or UNSENT
    if retry.statuses and STATUSES not in words:
        words = (*words, STATUSES)
    policy = route.route.retry_policy
    policy.retry_on = ",".join(words)
    policy.retriable_status_codes.extend(retry.statuses if named else IF_ASKED)
    retry_marked(policy, retry.on)
    policy.num_retries.value = retry.attempts
    policy.retry_host_predicate.add(name=_PREVIOUS).typed_config.Pack(PreviousHostsPredicate())
    policy.host_selection_retry_max_attempts = 5
    if retry.per_try is not None:
        policy.per_try_timeout.FromTimedelta(retry.per_try)
    if retry.backoff is not None:
        policy.retry_back_off.base_interval.FromTimedelta(retry.backoff)
