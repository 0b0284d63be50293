"""Leaving out endpoints that fail, for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OutlierDetection:
    """Istio's defaults where nothing is set; a count of 0 switches that detection off.

    Percentages are 0 to 100. `min_health_percent` below which ejection is ignored (panic).
    """

    WORD: ClassVar[str] = "outlier_detection"

    consecutive_5xx: int | None = None
    consecutive_gateway: int | None = None
    consecutive_local_origin: int | None = None
    split_local_origin: bool = False
    interval: timedelta = timedelta(seconds=10)
    base_ejection_time: timedelta = timedelta(seconds=30)
    max_ejection_percent: int = 10
    min_health_percent: int = 0
