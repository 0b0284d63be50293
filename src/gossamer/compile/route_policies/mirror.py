"""Mirrors: copies of requests whose answers nobody waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MILLION = 2  # FractionalPercent.DenominatorType.MILLION


def apply_mirror(route: Any, targets: Iterable[tuple[str, float]]) -> None:
    """Copy that percentage of the requests to each cluster."""
    for cluster, percent in targets:
        policy = route.route.request_mirror_policies.add(cluster=cluster)
        fill_percent(policy.runtime_fraction.default_value, percent)


def fill_percent(fraction: Any, percent: float) -> None:
    """A percentage to four digits behind the point."""
    fraction.numerator = round(percent * 10_000)
    fraction.denominator = MILLION
