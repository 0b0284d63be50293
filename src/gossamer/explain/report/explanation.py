"""What becomes of a call, and because of what: values, and the JSON that commands print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gossamer.explain.route.request import Pairs
from gossamer.model.origin import Origin


class Verdict(StrEnum):
    """What happens to the call in one word.

    ROUTED goes to backends (there may be none that can take it: see the status), DENIED is
    refused by whoever receives it, BLOCKED by the caller's own proxy, PASSTHROUGH goes on as it
    is to where it was going.
    """

    ROUTED = "routed"
    DIRECT_RESPONSE = "direct_response"
    REDIRECTED = "redirected"
    DENIED = "denied"
    NO_ROUTE = "no_route"
    PASSTHROUGH = "passthrough"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the call in words, and the places that decided it."""

    step: str
    says: str
    because: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A rule that did not get the call, and why."""

    rule: str
    why: str
    place: Origin | None = None


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """A policy that holds for the call: its word, what it does, where it was written."""

    policy: str
    says: str
    place: Origin | None = None


@dataclass(frozen=True, slots=True)
class BackendShare:
    """An address that the call can reach; `weight` is its share of the calls in percent.

    `refusal` says why it would turn the call down, "" where it takes it.
    """

    service: str
    subset: str
    workload: str
    address: str
    weight: float
    locality: str = ""
    pod: str = ""
    mtls: bool = False
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """Headers as they differ from what was sent: new values by name, and names taken away."""

    changed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderOperations:
    """What a proxy does to headers it has not seen yet: in this order."""

    remove: tuple[str, ...] = ()
    set: Pairs = ()
    add: Pairs = ()


@dataclass(frozen=True, slots=True)
class TrafficShare:
    """A part of the calls that goes one way.

    `status` is the answer where this part cannot be served, None where a backend answers;
    `authority` and `path` are what the backend sees.
    """

    cluster: str
    percent: float
    authority: str = ""
    path: str = ""
    status: int | None = None
    why: str = ""
    request: Changes = Changes()
    response: tuple[HeaderOperations, ...] = ()
    backends: tuple[BackendShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that there is to say about one call.

    `status` is None where a backend decides it, or nothing is answered at all. `fault` holds
    what is done to a part of the calls before they leave.
    """

    call: str
    verdict: Verdict
    status: int | None = None
    grpc_status: int | None = None
    listener: str | None = None
    chain: str | None = None
    virtual_host: str | None = None
    route: str | None = None
    location: str | None = None
    body: str | None = None
    shares: tuple[TrafficShare, ...] = ()
    response: tuple[HeaderOperations, ...] = ()
    policies: tuple[AppliedPolicy, ...] = ()
    because: tuple[Origin, ...] = ()
    hops: tuple[Hop, ...] = ()
    lost: tuple[Lost, ...] = ()
    fault: dict[str, Any] = field(default_factory=dict)
    timeout_s: float | None = None
    retries: dict[str, Any] = field(default_factory=dict)
    mirrors: tuple[tuple[str, float], ...] = ()

    @property
    def backends(self) -> tuple[BackendShare, ...]:
        """Every address that the call can reach, of all shares."""
        return tuple(backend for share in self.shares for backend in share.backends)

    def as_json(self) -> dict[str, Any]:
        """The shape that `gossamer explain -o json` promises."""
        return {
            "call": self.call,
            "verdict": self.verdict.value,
            "status": self.status,
            "grpc_status": self.grpc_status,
            "listener": self.listener,
            "filter_chain": self.chain,
            "virtual_host": self.virtual_host,
            "route": self.route,
            "location": self.location,
            "body": self.body,
            "backends": [_backend(each) for each in self.backends],
            "shares": [_share(each) for each in self.shares],
            "headers": _headers(self),
            "policies": [
                {"policy": each.policy, "says": each.says, **place(each.place)}
                for each in self.policies
            ],
            "fault": self.fault or None,
            "timeout_s": self.timeout_s,
            "retries": self.retries or None,
            "mirrors": [{"cluster": name, "percent": share} for name, share in self.mirrors],
            "mtls": _mtls(self.backends),
            "because": [place(each) for each in self.because],
            "hops": [
                {"step": hop.step, "says": hop.says, "because": [place(o) for o in hop.because]}
                for hop in self.hops
            ],
            "lost": [{"rule": e.rule, "why": e.why, **place(e.place)} for e in self.lost],
        }


def place(origin: Origin | None) -> dict[str, Any]:
    """`object`, `file`, `line` and `field` of a place; None each where there is none."""
    if origin is None:
        return {"object": None, "file": None, "line": None, "field": None}
    return {
        "object": str(origin.object),
        "file": origin.file,
        "line": origin.line,
        "field": origin.field,
    }


def _backend(backend: BackendShare) -> dict[str, Any]:
    return {
        "service": backend.service,
        "subset": backend.subset,
        "workload": backend.workload,
        "address": backend.address,
        "weight": backend.weight,
        "locality": backend.locality,
        "pod": backend.pod,
        "mtls": backend.mtls,
        "refusal": backend.refusal,
    }


def _share(share: TrafficShare) -> dict[str, Any]:
    return {
        "cluster": share.cluster,
        "percent": share.percent,
        "status": share.status,
        "why": share.why,
        "authority": share.authority,
        "path": share.path,
        "request": _changes(share.request),
        "response": _operations(share.response),
    }


def _headers(explanation: Explanation) -> dict[str, Any]:
    """What happens to headers where all shares agree; each share says its own."""
    requests = {share.request for share in explanation.shares}
    responses = {share.response for share in explanation.shares} or {explanation.response}
    return {
        "request": _changes(requests.pop()) if len(requests) == 1 else None,
        "response": _operations(responses.pop()) if len(responses) == 1 else None,
    }


def _changes(changes: Changes) -> dict[str, Any]:
    changed = {name: list(values) for name, values in changes.changed}
    return {"changed": changed, "removed": list(changes.removed)}


def _operations(operations: Iterable[HeaderOperations]) -> dict[str, Any]:
    """The operations of several carriers, joined in their order."""
    every = tuple(operations)
    return {
        "remove": [name for each in every for name in each.remove],
        "set": {name: value for each in every for name, value in each.set},
        "add": [{"name": name, "value": value} for each in every for name, value in each.add],
    }


def _mtls(backends: tuple[BackendShare, ...]) -> bool | None:
    said = {backend.mtls for backend in backends}
    return said.pop() if len(said) == 1 else None
