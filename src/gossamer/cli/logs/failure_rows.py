"""Failed calls as `gossamer why -o json` prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.explain.failures.causes import FailureCause, rule_of
from gossamer.explain.failures.counted import CountedFailure
from gossamer.explain.failures.hops import LoggedCall

Row = dict[str, Any]
PlacesByRule = Mapping[str, Sequence[Mapping[str, Any]]]


def failure_row(failure: CountedFailure, places: PlacesByRule, detail: str = "") -> Row:
    """A cause with its count, its last call and the lines that decide. `detail` is what more is
    known of it."""
    return {
        **cause_row(failure.cause, failure.rule),
        "detail": detail,
        "count": failure.count,
        "last_at": failure.last.line.at,
        "because": list(places.get(failure.rule, ())),
        "last": call_row(failure.last),
    }


def hop_row(call: LoggedCall, places: PlacesByRule) -> Row:
    """One proxy's line of a request, with why it failed there, if it did."""
    rule = rule_of(call.line) or ""
    cause = call.cause
    return {
        **call_row(call),
        "cause": None if cause is None else cause_row(cause, rule),
        "because": list(places.get(rule, ())),
    }


def cause_row(cause: FailureCause, rule: str) -> Row:
    """What happened, what callers notice, the remedy; `rule` is as the proxy wrote it."""
    return {
        "cause": cause.name,
        "says": cause.says,
        "effect": cause.effect,
        "remedy": cause.remedy,
        "rule": rule.replace("_", " ") if rule else None,
    }


def call_row(call: LoggedCall) -> Row:
    """What a line says of a call."""
    line = call.line
    return {
        "at": line.at,
        "pod": call.pod,
        "side": "server" if call.arrives else "client",
        "method": line.method or None,
        "authority": line.authority or None,
        "path": line.path or None,
        "code": line.code or None,
        "flags": line.flags or None,
        "details": line.details or line.termination or None,
        "transport_failure": line.transport_failure or None,
        "duration_ms": line.duration_ms,
        "upstream_host": line.upstream_host or None,
        "upstream_cluster": line.upstream_cluster or None,
        "request_id": line.request_id or None,
    }
