"""What becomes of a call, and because of what: values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.explain.report.shapes import BackendShape, FaultShape, RetriesShape
from gossamer.explain.route.request import Pairs
from gossamer.model.origin import Origin


class Verdict(StrEnum):
    """What happens to the call in one word.

    ROUTED goes to backends (there may be none that can take it: see the status), DENIED is
    refused by whoever receives it, BLOCKED by the caller's own proxy, PASSTHROUGH goes on as it
    is to where it was going, UNRESOLVED is never made: its host has no address.
    """

    ROUTED = "routed"
    DIRECT_RESPONSE = "direct_response"
    REDIRECTED = "redirected"
    DENIED = "denied"
    NO_ROUTE = "no_route"
    PASSTHROUGH = "passthrough"
    BLOCKED = "blocked"
    UNRESOLVED = "unresolved"


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
    backends: tuple[BackendShape, ...] = ()


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
    fault: FaultShape | None = None
    timeout_s: float | None = None
    retries: RetriesShape | None = None
    mirrors: tuple[tuple[str, float], ...] = ()

    @property
    def backends(self) -> tuple[BackendShape, ...]:
        """Every address that the call can reach, of all shares."""
        return tuple(backend for share in self.shares for backend in share.backends)
