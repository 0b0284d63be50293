"""A row of the table that says what a policy does to an Envoy route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from envoy.config.route.v3 import route_components_pb2

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.routes.route_context import RouteContext
from gossamer.model.traffic.route import Match, RouteSet


@dataclass(frozen=True, slots=True)
class PolicyContext:
    """Where a policy is applied: the route set, its match, and whom it is compiled for."""

    read: TrackedLookup
    route_set: RouteSet
    match: Match
    context: RouteContext


Apply = Callable[[route_components_pb2.Route, Any, PolicyContext], None]


class Holds(Enum):
    """For which requests of a route a policy holds."""

    ANSWERS = auto()
    """All: it answers them itself, and none is forwarded."""
    FORWARDED = auto()
    """Those that are sent to a backend."""
    ALWAYS = auto()
    """Those, and those that the proxy answers itself."""


class PolicyStep(NamedTuple):
    """How a policy is applied, and when it holds."""

    apply: Apply
    holds: Holds = Holds.FORWARDED
