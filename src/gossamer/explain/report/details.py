"""What else a caller could notice of a call, beyond where it goes: each in a few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gossamer.explain.report.explanation import Changes, Explanation, HeaderOperations


def _fault(found: Explanation) -> str:
    if found.fault is None:
        return "no fault"
    delay, abort = found.fault.delay, found.fault.abort
    said = []
    if delay:
        said.append(f"{delay.percent:g} % delayed by {delay.seconds:g} s")
    if abort:
        grpc = abort.grpc_status
        kind = f"gRPC status {grpc}" if grpc is not None else abort.status
        said.append(f"{abort.percent:g} % answered {kind}")
    return f"fault: {' and '.join(said)}"


def _timeout(found: Explanation) -> str:
    return f"timeout {found.timeout_s:g} s" if found.timeout_s else "no timeout"


def _retries(found: Explanation) -> str:
    if not found.retries:
        return "no retries"
    on = [*found.retries.on, *map(str, found.retries.statuses)]
    each = found.retries.per_try_s
    within = f", each within {each:g} s" if each else ""
    return f"{found.retries.attempts} retries on {', '.join(on)}{within}"


def _mirrors(found: Explanation) -> str:
    to = [f"{percent:g} % mirrored to {cluster}" for cluster, percent in found.mirrors]
    return ", ".join(to) or "no mirror"


def _seen(found: Explanation) -> str:
    seen = dict.fromkeys(f"{share.authority}{share.path}" for share in found.shares)
    return f"asked as {', '.join(seen)}" if seen else ""


def _request(found: Explanation) -> str:
    said = dict.fromkeys(_changes(share.request) for share in found.shares)
    return f"request headers: {' or '.join(said)}" if said else ""


def _response(found: Explanation) -> str:
    every = [share.response for share in found.shares] or [found.response]
    said = dict.fromkeys(_operations(operations) for operations in every)
    return f"response headers: {' or '.join(said)}"


def _mtls(found: Explanation) -> str:
    said = {backend.mtls for backend in found.backends}
    return " and ".join("mutual TLS" if each else "plain text" for each in sorted(said))


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


def details(found: Explanation) -> dict[str, Any]:
    """All of them, by name; "" where there is nothing to say."""
    return {name: said(found) for name, said in _DETAILS.items()}
