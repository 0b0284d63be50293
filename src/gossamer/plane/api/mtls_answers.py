"""What the plane answers about mutual TLS: who was seen to call whom, and what holds there."""

from __future__ import annotations

import msgspec

from gossamer.explain.report.shapes import PlaceShape


class ObservedWindow(msgspec.Struct, frozen=True):
    """When calls were watched, as ISO times; what happened outside of it nobody knows."""

    since: str
    until: str
    hours: float


class PortMode(msgspec.Struct, frozen=True):
    """The mode in force on a port (null: all others), and what says so (null: the default)."""

    port: int | None
    mode: str
    by: PlaceShape | None


class MtlsDestination(msgspec.Struct, frozen=True):
    """A workload with a proxy: the mode of each of its ports, and how its callers were secured.

    Numbers are calls since the window began; `strict` says what STRICT would refuse of them.
    """

    workload: str
    ports: list[PortMode]
    mtls_calls: int
    plaintext_calls: int
    refused_calls: int
    strict: str


class MtlsCall(msgspec.Struct, frozen=True):
    """Calls of one kind between two workloads.

    `source` is a workload, a SPIFFE id or "unknown"; `address` is set for callers that came without
    the mesh's TLS. `security` is mtls, plaintext, tls (the caller's own) or refused. `port` is the
    workload's, null where the caller's proxy counted and `service` is set instead. `mode` is
    null where the destination has no proxy. Versions and curves are what the caller's handshakes
    with that service agreed on.
    """

    source: str
    address: str | None
    destination: str
    service: str | None
    port: int | None
    protocol: str | None
    security: str
    calls: int
    first_seen: str
    last_seen: str
    mode: str | None
    by: PlaceShape | None
    tls_versions: dict[str, int]
    curves: dict[str, int]


class MtlsEvidence(msgspec.Struct, frozen=True):
    """The evidence. `known` is false until an agent reported; `not_seen` says what is not in it."""

    known: bool
    observed: ObservedWindow
    destinations: list[MtlsDestination]
    calls: list[MtlsCall]
    not_seen: list[str]


class BrokenCall(msgspec.Struct, frozen=True):
    """Calls that were seen and would be refused: who, how, why, and the line that refuses them."""

    source: str
    address: str | None
    destination: str
    service: str | None
    port: int | None
    security: str
    calls: int
    first_seen: str
    last_seen: str
    reason: str
    because: PlaceShape


class SeenCalls(msgspec.Struct, frozen=True):
    """What a change would do to calls that were seen, and what may have gone unseen."""

    observed: ObservedWindow
    breaks: list[BrokenCall]
    not_seen: list[str]
