"""The order of HTTP filters, said once. The router is always last.

Filters that a route wakes are always present and disabled: a filter that came or went would
replace the filter chain and drain its connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as manager,
)

from gossamer.compile.http_filters import fault, on_demand
from gossamer.compile.http_filters.direction import Direction


class Step(NamedTuple):
    """A filter, the directions it stands in, and whether a route must wake it."""

    name: str
    make: Callable[[], Any]
    directions: frozenset[Direction]
    asleep: bool


EVERYWHERE = frozenset(Direction)
CALLING = frozenset({Direction.OUTBOUND, Direction.GATEWAY})

ORDER: tuple[Step, ...] = (
    Step(on_demand.NAME, on_demand.on_demand_filter, frozenset({Direction.OUTBOUND}), False),
    Step(fault.NAME, fault.fault_filter, CALLING, True),
    Step("envoy.filters.http.router", Router, EVERYWHERE, False),
)


def http_filters(direction: Direction) -> list[manager.HttpFilter]:
    """The filters of a direction, in their order."""
    return [_filter(step) for step in ORDER if direction in step.directions]


def _filter(step: Step) -> manager.HttpFilter:
    proto = manager.HttpFilter(name=step.name, disabled=step.asleep)
    proto.typed_config.Pack(step.make(), deterministic=True)
    return proto
