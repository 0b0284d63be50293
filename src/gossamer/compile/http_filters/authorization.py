"""Authorization of requests: where calls arrive, at workloads and at gateways.

What the filters decide is discovered, so that a change holds for the next request of every open
connection. Without any configuration Envoy answers 500: nobody is let in by accident.
"""

from __future__ import annotations

from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.http_filters.arriving import where_calls_arrive
from gossamer.compile.lookup.authorization import holding, trust_domains
from gossamer.compile.network_filters.rbac.decision import (
    LET_IN,
    OTHERS,
    WATCHED,
    letting_in,
    noting,
    refusing,
    refusing_others,
    would_let_in,
    would_refuse,
)
from gossamer.compile.network_filters.rbac.decision_log import NOTED, WOULD_LET_IN, WOULD_REFUSE
from gossamer.compile.network_filters.rbac.filled import filled
from gossamer.compile.side import Side
from gossamer.contract.extension_names import ReporterSide
from gossamer.model.policies.workload.authorization import Authorization

NAME = "envoy.filters.http.rbac"


def request_rules(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter of the rules, where calls arrive; what leaves is judged where it arrives."""
    return where_calls_arrive(side, Authorization.WORD, RBAC)


def watched_requests(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter before it, of dry runs and of what is noted."""
    return where_calls_arrive(side, WATCHED, RBAC)


def request_others(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter behind it, for requests that no rule lets in."""
    return where_calls_arrive(side, OTHERS, RBAC)


def rules_for_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Which requests are refused, and which are let in; empty where no object speaks of it."""
    every, domains = holding(read, view), trust_domains(read)
    return filled(RBAC(), refusing(every, domains), letting_in(every, domains), LET_IN)


def others_of_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Whether requests that are not let in are refused; empty where no object lets in any.

    Its shadow rules say which requests would be let in if no object were a dry run.
    """
    every, trial = holding(read, view), holding(read, view, dry_run=True)
    would = would_let_in(every, trial, trust_domains(read))
    return filled(RBAC(), refusing_others(every, NAME), would, WOULD_LET_IN)


def watched_of_requests(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """Which requests are noted, and which would be refused if no object were a dry run."""
    domains = trust_domains(read)
    noted = noting(holding(read, view), domains)
    would = would_refuse(holding(read, view, dry_run=True), domains)
    config = filled(RBAC(), noted, would, WOULD_REFUSE)
    if noted is not None:
        config.rules_stat_prefix = NOTED
    return config
