"""The order of HTTP filters, said once. The router is always last.

Filters that a route gives work to are always present: one that came or went would replace the
filter chain and drain its connections. They sleep (`disabled`) where the route is known when a
request arrives. On the outbound side it may still be on its way, and Envoy decides about sleepers
before it comes: there they are awake with nothing to do, and read their route's word in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as manager,
)
from google.protobuf.message import Message

from gossamer.compile.http_filters import (
    connect,
    dialled,
    fault,
    late_route,
    on_demand,
    retry,
    router,
)
from gossamer.compile.http_filters.direction import Direction


class FilterStep(NamedTuple):
    """A filter, the directions it stands in, and those where it sleeps until a route wakes it."""

    name: str
    make: Callable[[], Message]
    directions: frozenset[Direction]
    disabled: frozenset[Direction]


EVERYWHERE = frozenset(Direction)
LEAVING = frozenset({Direction.OUTBOUND})
CALLING = frozenset({Direction.OUTBOUND, Direction.GATEWAY})
NOWHERE: frozenset[Direction] = frozenset()


def _late_route(which: str) -> Iterator[FilterStep]:
    filters = late_route.late_route_filters(which)
    return (FilterStep(name, make, LEAVING, NOWHERE) for name, make in filters)


ORDER: tuple[FilterStep, ...] = (
    FilterStep(connect.NAME, connect.connect_filter, LEAVING, NOWHERE),
    FilterStep(on_demand.NAME, on_demand.on_demand_filter, LEAVING, NOWHERE),
    *_late_route(late_route.FIRST),
    FilterStep(dialled.CHOSEN, dialled.chosen, LEAVING, NOWHERE),
    FilterStep(on_demand.AGAIN, on_demand.on_demand_filter, LEAVING, NOWHERE),
    *_late_route(late_route.AGAIN),
    FilterStep(dialled.RESTORED, dialled.restored, LEAVING, NOWHERE),
    FilterStep(fault.NAME, fault.fault_filter, CALLING, frozenset({Direction.GATEWAY})),
    FilterStep(retry.NAME, retry.retry_filter, CALLING, NOWHERE),
    FilterStep(router.NAME, router.router, EVERYWHERE, NOWHERE),
)


def http_filters(direction: Direction) -> list[manager.HttpFilter]:
    """The filters of a direction, in their order."""
    return [
        _filter(step, direction in step.disabled) for step in ORDER if direction in step.directions
    ]


def _filter(step: FilterStep, disabled: bool) -> manager.HttpFilter:
    proto = manager.HttpFilter(name=step.name, disabled=disabled)
    proto.typed_config.Pack(step.make(), deterministic=True)
    return proto
