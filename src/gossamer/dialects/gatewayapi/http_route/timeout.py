"""`timeouts`: how long a request may take, and how long each try. `0s` is no bound."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.words import read_duration
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.timeout import Timeout


def read_timeout(rule: Fields) -> Timeout | None:
    """The bounds of a rule, if it sets any."""
    stanza = rule.child("timeouts")
    whole, each = read_duration(stanza, "request"), read_duration(stanza, "backendRequest")
    if whole and each and each > whole:
        stanza.report(
            f"{dotted((*stanza.path, 'backendRequest'))} is longer than the whole request may take",
            "it can never expire",
            "Write a time that is not above timeouts.request",
            field="backendRequest",
            code="out-of-range",
        )
    if left_out(stanza, "requests are not limited by it") or (whole is None and each is None):
        return None
    return Timeout(whole, each)
