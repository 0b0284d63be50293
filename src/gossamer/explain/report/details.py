"""What else a caller could notice of a call, beyond where it goes: each in a few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gossamer.explain.report.explanation import Changes, Explanation, HeaderOperations


def _fault(explanation: Explanation) -> str:
    if explanation.fault is None:
        return "no fault"
    delay, abort = explanation.fault.delay, explanation.fault.abort
    parts = []
    if delay:
        parts.append(f"{delay.percent:g} % delayed by {delay.seconds:g} s")
    if abort:
        grpc = abort.grpc_status
        kind = f"gRPC status {grpc}" if grpc is not None else abort.status
        parts.append(f"{abort.percent:g} % aborted with {kind}")
    return f"fault: {' and '.join(parts)}"


def _timeout(explanation: Explanation) -> str:
    return f"timeout {explanation.timeout_s:g} s" if explanation.timeout_s else "no timeout"


def _retries(explanation: Explanation) -> str:
    if not explanation.retries:
        return "no retries"
    on = [*explanation.retries.on, *map(str, explanation.retries.statuses)]
    each = explanation.retries.per_try_s
    within = f", each within {each:g} s" if each else ""
    return f"{explanation.retries.attempts} retries on {', '.join(on)}{within}"


def _mirrors(explanation: Explanation) -> str:
    to = [f"{percent:g} % mirrored to {cluster}" for cluster, percent in explanation.mirrors]
    return ", ".join(to) or "no mirror"


def _seen(explanation: Explanation) -> str:
    seen = dict.fromkeys(f"{share.authority}{share.path}" for share in explanation.shares)
    return f"asked as {', '.join(seen)}" if seen else ""


def _request(explanation: Explanation) -> str:
    changes = dict.fromkeys(_changes(share.request) for share in explanation.shares)
    return f"request headers: {' or '.join(changes)}" if changes else ""


def _response(explanation: Explanation) -> str:
    every = [share.response for share in explanation.shares] or [explanation.response]
    changes = dict.fromkeys(_operations(operations) for operations in every)
    return f"response headers: {' or '.join(changes)}"


def _mtls(explanation: Explanation) -> str:
    kinds = {backend.mtls for backend in explanation.backends}
    return " and ".join("mutual TLS" if each else "plain text" for each in sorted(kinds))


def _changes(changes: Changes) -> str:
    parts = [f"{name}: {', '.join(values)}" for name, values in changes.changed]
    return ", ".join([*parts, *(f"without {name}" for name in changes.removed)]) or "as sent"


def _operations(operations: Iterable[HeaderOperations]) -> str:
    parts: list[str] = []
    for each in operations:
        parts += [f"without {name}" for name in each.remove]
        parts += [f"{name}: {value}" for name, value in each.set]
        parts += [f"and {name}: {value}" for name, value in each.add]
    return ", ".join(parts) or "as answered"


_DETAILS: Mapping[str, Callable[[Explanation], str]] = {
    "fault": _fault,
    "timeout": _timeout,
    "retries": _retries,
    "mirrors": _mirrors,
    "seen": _seen,
    "request": _request,
    "response": _response,
    "mtls": _mtls,
}


def details(explanation: Explanation) -> dict[str, Any]:
    """All of them, by name; "" where there is nothing to say."""
    return {name: detail(explanation) for name, detail in _DETAILS.items()}
