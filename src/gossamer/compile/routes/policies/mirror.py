"""Mirrors: copies of requests whose responses are ignored."""

from __future__ import annotations

from collections.abc import Iterable

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.type.v3.percent_pb2 import FractionalPercent


def apply_mirror(route: Route, targets: Iterable[tuple[str, float]]) -> None:
    """Copy that percentage of the requests to each cluster."""
    for cluster, percent in targets:
        policy = route.route.request_mirror_policies.add(cluster=cluster)
        fill_percent(policy.runtime_fraction.default_value, percent)


def fill_percent(fraction: FractionalPercent, percent: float) -> None:
    """A percentage to four digits behind the point."""
    fraction.numerator = round(percent * 10_000)
    fraction.denominator = FractionalPercent.MILLION
