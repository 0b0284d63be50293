"""Faults on purpose: delay or abort a percentage of a route's requests, before they leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Delay:
    """Hold `percent` (0 to 100) of the requests for a fixed time."""

    percent: float
    fixed: timedelta


@dataclass(frozen=True, slots=True)
class Abort:
    """Answer `percent` (0 to 100) of the requests with an HTTP or a gRPC status."""

    percent: float
    status: int | None = None
    grpc_status: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A delay, an abort, or both; the delay comes first."""

    WORD: ClassVar[str] = "fault"

    delay: Delay | None = None
    abort: Abort | None = None
