"""Authorization of requests: where calls arrive, at workloads and at gateways.

What the filters decide is discovered, so that a change holds for the next request of every open
connection. Without any configuration Envoy answers 500: nobody is let in by accident.
"""

from __future__ import annotations

from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.authorization import holding, trust_domains
from gossamer.compile.network_filters.rbac.decision import (
    LET_IN,
    OTHERS,
    letting_in,
    refusing,
    refusing_others,
)
from gossamer.compile.side import Direction, Side, reporter_of
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.model.policies.workload.authorization import Authorization

NAME = "envoy.filters.http.rbac"


def request_rules(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter of the rules, where calls arrive; what leaves is judged where it arrives."""
    return _discovered(side, Authorization.WORD)


def request_others(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter behind it, for requests that no rule lets in."""
    return _discovered(side, OTHERS)


def rules_for_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Which requests are refused, and which are let in; empty where no object speaks of it."""
    config, every, domains = RBAC(), holding(read, view), trust_domains(read)
    allowed, refused = letting_in(every, domains), refusing(every, domains)
    if allowed is not None:
        config.shadow_rules.CopyFrom(allowed)
        config.shadow_rules_stat_prefix = LET_IN
    if refused is not None:
        config.rules.CopyFrom(refused)
    return config


def others_of_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Whether requests that are not let in are refused; empty where no object lets in any."""
    config, refused = RBAC(), refusing_others(holding(read, view), NAME)
    if refused is not None:
        config.rules.CopyFrom(refused)
    return config


def _discovered(side: Side, feature: str) -> Discovered | None:
    if side.direction is Direction.OUTBOUND:
        return None
    return Discovered(ExtensionName(reporter_of(side), feature, Layer.HTTP), RBAC)
