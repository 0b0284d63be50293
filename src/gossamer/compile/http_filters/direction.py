"""The three places where a proxy reads requests, which decide what its filters are for."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Leaving a workload, arriving at it, or coming in from outside the mesh."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    GATEWAY = "gateway"
