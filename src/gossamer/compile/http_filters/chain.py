"""The order of HTTP filters, in one place. The router is always last.

A step builds its filter for one side of a proxy, from what it looks up there (a workload's
policies, its port), and says None where it does not stand. What changes for a workload at run time
it leaves to a resource of its own (`Discovered`), so that no listener changes.

Filters that a route gives work to are always present: one that came or went would replace the
filter chain and drain its connections. They sleep (`disabled`) where the route is known when a
request arrives. On the outbound side it may still be on its way, and Envoy decides about sleepers
before it comes: there they are awake with nothing to do, and read their route's word in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from google.protobuf.message import Message

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.http_filters import (
    access_log,
    authorization,
    connect,
    cors,
    dialled,
    ext_authz,
    fault,
    late_route,
    on_demand,
    retry,
    router,
)
from gossamer.compile.http_filters.tokens import jwt
from gossamer.compile.network_filters.rbac.decision import OTHERS, WATCHED
from gossamer.compile.routes.policies.step import PolicyStep
from gossamer.compile.side import Direction, Side
from gossamer.model.policies import Policy
from gossamer.model.policies.workload.access_log import AccessLogging
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.model.policies.workload.jwt import Jwt

Build = Callable[[TrackedLookup, Side], Message | Discovered | None]


class FilterStep(NamedTuple):
    """A filter, how it is built for a side, and where it sleeps until a route wakes it.

    `policies` are those by which a route gives it work.
    """

    name: str
    build: Build
    disabled: frozenset[Direction] = frozenset()
    policies: Mapping[type[Policy], PolicyStep] = MappingProxyType({})


EVERYWHERE = frozenset(Direction)
LEAVING = frozenset({Direction.OUTBOUND})
CALLING = frozenset({Direction.OUTBOUND, Direction.GATEWAY})
KNOWN = frozenset({Direction.GATEWAY})
"""Where the route of a request is known when it arrives."""


def the_same(directions: frozenset[Direction], make: Callable[[], Message]) -> Build:
    """How to build a filter that stands in these directions and is the same for everybody."""
    return lambda read, side: make() if side.direction in directions else None


def _late_route(which: str) -> Iterator[FilterStep]:
    filters = late_route.late_route_filters(which)
    return (FilterStep(name, the_same(LEAVING, make)) for name, make in filters)


ORDER: tuple[FilterStep, ...] = (
    FilterStep(AccessLogging.WORD, access_log.request_log_switch),
    FilterStep(Jwt.WORD, jwt.request_tokens),
    FilterStep(WATCHED, authorization.watched_requests),
    FilterStep(ext_authz.RULES, ext_authz.rules_filter),
    FilterStep(ext_authz.WORD, ext_authz.ext_authz_filter),
    FilterStep(Authorization.WORD, authorization.request_rules),
    FilterStep(OTHERS, authorization.request_others),
    FilterStep(connect.NAME, the_same(LEAVING, connect.connect_filter)),
    FilterStep(on_demand.NAME, the_same(LEAVING, on_demand.on_demand_filter)),
    *_late_route(late_route.FIRST),
    FilterStep(dialled.CHOSEN, the_same(LEAVING, dialled.chosen)),
    FilterStep(on_demand.AGAIN, the_same(LEAVING, on_demand.on_demand_filter)),
    *_late_route(late_route.AGAIN),
    FilterStep(dialled.RESTORED, the_same(LEAVING, dialled.restored)),
    FilterStep(fault.NAME, the_same(CALLING, fault.fault_filter), KNOWN, fault.POLICIES),
    FilterStep(cors.NAME, the_same(CALLING, cors.cors_filter), KNOWN, cors.POLICIES),
    FilterStep(retry.NAME, the_same(CALLING, retry.retry_filter)),
    FilterStep(router.NAME, the_same(EVERYWHERE, router.router)),
)


def http_filters(
    read: TrackedLookup, side: Side
) -> Iterator[http_connection_manager_pb2.HttpFilter]:
    """The filters of a side, in their order."""
    for step in ORDER:
        message = step.build(read, side)
        if message is None:
            continue
        proto = http_connection_manager_pb2.HttpFilter(
            name=step.name, disabled=side.direction in step.disabled
        )
        if isinstance(message, Discovered):
            proto.name = str(message.name)
            proto.config_discovery.CopyFrom(message.source(read))
        else:
            proto.typed_config.Pack(message, deterministic=True)
        yield proto
