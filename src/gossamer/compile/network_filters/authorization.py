"""Authorization of connections: where bytes arrive at a workload that nobody reads as requests.

As for requests (`http_filters/authorization.py`), of what a connection has: who calls, from where,
and to which port. The filter speaks when the caller's first bytes arrive. A change of its
configuration meets new connections; those that are open are closed where it now refuses them
(`agent/relay/connections`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.authorization import (
    Deciding,
    for_bytes,
    holding,
    of_action,
    trust_domains,
)
from gossamer.compile.network_filters.chain import network_filter
from gossamer.compile.network_filters.rbac.decision import (
    LET_IN,
    OTHERS,
    letting_in,
    refusing,
    refusing_others,
)
from gossamer.compile.network_filters.rbac.filled import filled
from gossamer.compile.side import Direction, Side, reporter_of
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction

NAME = "envoy.filters.network.rbac"
_STATS = "authorization"


def connection_guards(read: TrackedLookup, side: Side) -> Iterator[Filter]:
    """The filter of the rules and the one behind it, where bytes arrive."""
    if side.direction is not Direction.INBOUND:
        return
    for feature in (Authorization.WORD, OTHERS):
        name = ExtensionName(reporter_of(side), feature, Layer.TCP)
        yield network_filter(read, str(name), Discovered(name, RBAC))


def rules_for_connections(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Which connections are refused, and which are let in; empty where no object speaks of it."""
    every, domains = _holding(read, view), trust_domains(read)
    refused = refusing(_asked_nobody(every), domains)
    return filled(RBAC(stat_prefix=_STATS), refused, letting_in(every, domains), LET_IN)


def others_of_connections(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Whether connections that are not let in are refused."""
    return filled(RBAC(stat_prefix=_STATS), refusing_others(_holding(read, view), NAME))


def _asked_nobody(every: Deciding) -> Deciding:
    """External authorizers are asked about requests alone: what they were to decide of a
    connection is refused."""
    refused = AuthorizationAction.DENY
    custom = of_action(every, AuthorizationAction.CUSTOM)
    return (*every, *(replace(each, action=refused) for each in custom))


def _holding(read: TrackedLookup, view: WorkloadView) -> Deciding:
    return tuple(for_bytes(each) for each in holding(read, view))
