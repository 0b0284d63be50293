"""An explanation as JSON: what `gossamer explain -o json` prints and `/v1/explain` answers."""

from __future__ import annotations

import msgspec


class PlaceShape(msgspec.Struct, frozen=True):
    """A place in a manifest; every field is null for a default of the mesh."""

    object: str | None = None
    file: str | None = None
    line: int | None = None
    field: str | None = None


class BackendShape(msgspec.Struct, frozen=True):
    """An address that the call can reach; `refusal` says why it would turn the call down."""

    service: str
    subset: str
    workload: str
    address: str
    weight: float
    locality: str
    pod: str
    mtls: bool
    refusal: str


class HeaderChangesShape(msgspec.Struct, frozen=True):
    """Headers as they differ from what was sent."""

    changed: dict[str, list[str]]
    removed: list[str]


class AddedHeaderShape(msgspec.Struct, frozen=True):
    """A header that is added to what is there."""

    name: str
    value: str


class HeaderOperationsShape(msgspec.Struct, frozen=True):
    """What is done to the headers of an answer, in this order."""

    remove: list[str]
    set: dict[str, str]
    add: list[AddedHeaderShape]


class TrafficShareShape(msgspec.Struct, frozen=True):
    """A part of the calls that goes one way; `status` where it cannot be served."""

    cluster: str
    percent: float
    status: int | None
    why: str
    authority: str
    path: str
    request: HeaderChangesShape
    response: HeaderOperationsShape


class HeadersShape(msgspec.Struct, frozen=True):
    """What happens to headers where all shares agree; null where each says its own."""

    request: HeaderChangesShape | None
    response: HeaderOperationsShape | None


class PolicyShape(msgspec.Struct, frozen=True):
    """A policy that holds for the call, what it does, and where it is written."""

    policy: str
    says: str
    object: str | None
    file: str | None
    line: int | None
    field: str | None


class DelayShape(msgspec.Struct, frozen=True):
    """How many of the calls are delayed, and by how much."""

    percent: float
    seconds: float


class AbortShape(msgspec.Struct, frozen=True):
    """How many of the calls the proxy answers itself, and how."""

    percent: float
    status: int
    grpc_status: int | None


class FaultShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is done to a part of the calls before they leave; a part that strikes none is absent."""

    delay: DelayShape | None = None
    abort: AbortShape | None = None


class RetriesShape(msgspec.Struct, frozen=True):
    """How often, and on what, the proxy tries again."""

    attempts: int
    on: list[str]
    statuses: list[int]
    per_try_s: float | None


class MirrorShape(msgspec.Struct, frozen=True):
    """Where copies of the calls go."""

    cluster: str
    percent: float


class HopShape(msgspec.Struct, frozen=True):
    """One step of the call in words, and the places that decided it."""

    step: str
    says: str
    because: list[PlaceShape]


class LostShape(msgspec.Struct, frozen=True):
    """A rule that did not get the call, and why."""

    rule: str
    why: str
    object: str | None
    file: str | None
    line: int | None
    field: str | None


class ExplanationShape(msgspec.Struct, frozen=True):
    """What becomes of a call, hop by hop, and because of which objects."""

    call: str
    verdict: str
    status: int | None
    grpc_status: int | None
    listener: str | None
    filter_chain: str | None
    virtual_host: str | None
    route: str | None
    location: str | None
    body: str | None
    backends: list[BackendShape]
    shares: list[TrafficShareShape]
    headers: HeadersShape
    policies: list[PolicyShape]
    fault: FaultShape | None
    timeout_s: float | None
    retries: RetriesShape | None
    mirrors: list[MirrorShape]
    mtls: bool | None
    because: list[PlaceShape]
    hops: list[HopShape]
    lost: list[LostShape]


class ExplainedShape(msgspec.Struct, frozen=True):
    """A call's explanations before and after a change; null where the caller does not exist."""

    before: ExplanationShape | None
    after: ExplanationShape | None


class CallChangeShape(msgspec.Struct, frozen=True):
    """A call that would end differently."""

    source: str
    call: str
    before: str
    after: str
    explained: ExplainedShape
