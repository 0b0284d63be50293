"""Answers about who may call whom, as JSON."""

from __future__ import annotations

import msgspec

from gossamer.explain.report.shapes import PlaceShape


class PortAnswerShape(msgspec.Struct, frozen=True):
    """One port of one workload; `allowed` is null where it cannot be told."""

    workload: str
    port: int
    allowed: bool | None
    reason: str
    rule: str
    status: int | None
    mtls: bool
    because: list[PlaceShape]
    dry_run: list[str]


class SegmentShape(msgspec.Struct, frozen=True):
    """What one workload may ask another: `extent` is all, some or none, `calls` what some are."""

    source: str
    destination: str
    extent: str
    calls: list[str]
    because: list[PlaceShape]


class SegmentsShape(msgspec.Struct, frozen=True):
    """Every pair of workloads, by name."""

    segments: list[SegmentShape]


class CanShape(msgspec.Struct, frozen=True):
    """Whether one may call the other: `by` is the place that decides, each field of it null where
    no policy speaks. `other_requests` says that other methods or paths may be answered otherwise.
    """

    allowed: bool | None
    reason: str
    by: PlaceShape
    source: str
    destination: str
    request: str
    other_requests: bool
    ports: list[PortAnswerShape]
