"""Least-privilege policies out of the calls that were seen: who called is let in, nobody else.

Values in, YAML out; equal calls give equal text. What was not seen stands in comments: it would be
denied, or has no policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

DRY_RUN = "istio.io/dry-run"
_PASSING = frozenset({"pod-template-hash", "controller-revision-hash", "pod-template-generation"})
"""Labels that a change of the workload changes."""


@dataclass(frozen=True, slots=True)
class SeenCall:
    """Calls from an identity (`DOMAIN/ns/NAMESPACE/sa/ACCOUNT`, empty if it showed none) to ports
    of a workload; no ports where they are not known. `caller` is for people."""

    identity: str
    caller: str
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeenWorkload:
    """A workload with a proxy, `gateway` or not, and the calls that came to it."""

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...]
    calls: tuple[SeenCall, ...]
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class WindowSeen:
    """When calls were watched, and sentences on what that cannot have shown."""

    since: str
    until: str
    not_seen: tuple[str, ...] = ()


def suggested(
    workloads: Iterable[SeenWorkload], window: WindowSeen, *, shadow: bool = False
) -> str:
    """The policies as YAML, with what they rest on before each."""
    ordered = sorted(workloads, key=lambda each: (each.namespace, each.name))
    parts = [_head(window)]
    for each in ordered:
        parts.append("\n".join((*_remarks(each), *_policy(each, shadow))))
    return "\n".join(parts) + "\n"


def _head(window: WindowSeen) -> str:
    lines = [
        f"calls seen from {window.since} to {window.until}; rarer ones would be denied",
        "methods and paths are not recorded for this: every request of a caller is let in",
        *window.not_seen,
    ]
    return "\n".join(f"# {_plain(line)}" for line in lines)


def _plain(text: str) -> str:
    """Text that stays within its comment."""
    return " ".join(text.split())


def _remarks(workload: SeenWorkload) -> Iterator[str]:
    name = f"{workload.namespace}/{workload.name}"
    if workload.gateway:
        yield f"# {name} is a gateway, whose callers are strangers: no policy is suggested"
    elif not workload.calls:
        yield f"# {name}: no call was seen, so no policy is suggested"
    for call in _once(each for each in workload.calls if not each.identity):
        yield (
            f"# {name} was called in plaintext by {_plain(call.caller)}, which shows no identity "
            "and would be denied"
        )


def _policy(workload: SeenWorkload, shadow: bool) -> Iterator[str]:
    known = [each for each in workload.calls if each.identity]
    if workload.gateway or not known:
        return
    selector = [pair for pair in workload.labels if pair[0] not in _PASSING]
    yield "---"
    yield "apiVersion: security.istio.io/v1"
    yield "kind: AuthorizationPolicy"
    yield "metadata:"
    yield f"  name: {workload.name}-seen"
    yield f"  namespace: {workload.namespace}"
    if shadow:
        yield f'  annotations: {{{DRY_RUN}: "true"}}'
    yield "spec:"
    if selector:
        yield "  selector:"
        yield "    matchLabels:"
        yield from (f"      {key}: {json.dumps(value)}" for key, value in selector)
    yield "  action: ALLOW"
    yield "  rules:"
    yield from _rules(known)


def _rules(calls: Sequence[SeenCall]) -> Iterator[str]:
    """One rule for all callers of the same ports."""
    callers: dict[str, set[int]] = {}
    anywhere: set[str] = set()
    for call in calls:
        callers.setdefault(call.identity, set()).update(call.ports)
        anywhere |= {call.identity} if not call.ports else set()
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for identity, reached in sorted(callers.items()):
        ports = () if identity in anywhere else tuple(sorted(reached))
        by_ports.setdefault(ports, []).append(identity)
    for ports, identities in sorted(by_ports.items()):
        yield "  - from:"
        yield "    - source:"
        yield "        principals:"
        yield from (f"        - {json.dumps(identity)}" for identity in identities)
        if ports:
            yield "    to:"
            yield "    - operation:"
            listed = ", ".join(f'"{port}"' for port in ports)
            yield f"        ports: [{listed}]"
        else:
            yield "    # the port was not recorded"


def _once(calls: Iterable[SeenCall]) -> list[SeenCall]:
    return sorted({each.caller: each for each in calls}.values(), key=lambda each: each.caller)
