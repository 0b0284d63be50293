"""`retry`: on which statuses a request is tried again, how often, and how soon.

With or without statuses, connection errors are tried again for every method: a rule with this
stanza asks for it. Source: Gateway API, HTTPRouteRetry (GEP-1731).
"""

from __future__ import annotations

from gossamer.dialects.gatewayapi.words import read_duration
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.retry import Retry

DEFAULT_ATTEMPTS = 2
CONNECTION_ERRORS = ("connect-failure", "refused-stream", "reset")
"""Disconnects, resets, failures to connect, and tries that take longer than `backendRequest`."""


def read_retry(rule: Fields) -> Retry | None:
    """The retries of a rule, if it speaks of them."""
    stanza = rule.child("retry")
    if not stanza:
        return None
    retry = Retry(
        attempts=stanza.integer("attempts", DEFAULT_ATTEMPTS, low=0, high=1000),
        on=CONNECTION_ERRORS,
        statuses=_codes(stanza),
        backoff=read_duration(stanza, "backoff"),
    )
    return None if left_out(stanza, "the mesh's own retries apply") else retry


def _codes(stanza: Fields) -> tuple[int, ...]:
    value = stanza.value("codes")
    codes = value if isinstance(value, tuple) else ()
    good = tuple(c for c in codes if type(c) is int and 400 <= c <= 599)
    if (value is not None and len(good) != len(codes)) or not isinstance(value, tuple | None):
        stanza.report(
            f"{dotted((*stanza.path, 'codes'))} is not a list of HTTP statuses",
            "it is ambiguous when to retry",
            "Write statuses from 400 to 599, such as [502, 503]",
            field="codes",
            code="out-of-range",
        )
    return tuple(dict.fromkeys(good))
