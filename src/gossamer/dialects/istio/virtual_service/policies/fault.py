"""`fault`: delays and aborts on purpose."""

from __future__ import annotations

from datetime import timedelta

from gossamer.dialects.istio.values.duration import read_duration
from gossamer.dialects.istio.values.percentage import read_percentage
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.policies.fault import Abort, Delay, Fault

GRPC = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)


def read_fault(rule: Fields) -> Fault | None:
    """The fault of a rule; with an error in either half that half is left out."""
    stanza = rule.child("fault")
    if not stanza:
        return None
    delay, abort = _delay(stanza.child("delay")), _abort(stanza.child("abort"))
    return Fault(delay, abort) if delay or abort else None


def _delay(stanza: Fields) -> Delay | None:
    if not stanza:
        return None
    stanza.unsupported("exponentialDelay", effect="requests are not delayed by it")
    fixed = read_duration(stanza, "fixedDelay", required=not stanza.has("exponentialDelay"))
    percent = read_percentage(stanza, "percent")
    if fixed == timedelta(0):
        _tell_no_delay(stanza)
    if left_out(stanza, "requests pass without this delay") or fixed is None:
        return None
    return Delay(_share(stanza, percent), fixed)


def _abort(stanza: Fields) -> Abort | None:
    if not stanza:
        return None
    kind = stanza.variant("httpStatus", "grpcStatus", "http2Error", required=True)
    stanza.unsupported("http2Error", effect="requests are not aborted by it")
    status = stanza.integer("httpStatus", low=200, high=599)
    grpc = _grpc_status(stanza)
    percent = read_percentage(stanza, "percent")
    if left_out(stanza, "requests pass without this abort") or kind == "http2Error":
        return None
    return Abort(_share(stanza, percent), status, grpc)


def _grpc_status(stanza: Fields) -> int | None:
    name = stanza.string("grpcStatus")
    if name is None:
        return None
    if name.upper() in GRPC:
        return GRPC.index(name.upper())
    if name.isdecimal() and len(name) < 3 and int(name) < len(GRPC):
        return int(name)
    stanza.report(
        f"{dotted((*stanza.path, 'grpcStatus'))} is {quoted(name)}, which is not a gRPC status",
        "it cannot be answered",
        f"Write one of {', '.join(GRPC)}",
        field="grpcStatus",
        code="unknown-value",
    )
    return None


def _share(stanza: Fields, percent: float | None) -> float:
    if percent is None:
        stanza.report(
            f"{dotted(stanza.path)} sets no percentage",
            "it affects no request, as in Istio",
            "Set percentage.value, such as 100",
            severity=Severity.WARNING,
            code="fault-without-percentage",
        )
    return percent or 0.0


def _tell_no_delay(stanza: Fields) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'fixedDelay'))} is zero",
        "requests are not delayed by it",
        "Write 1ms or more",
        field="fixedDelay",
        code="out-of-range",
    )
