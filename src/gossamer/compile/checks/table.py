"""The table of checks, and running those that concern one object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.compile.checks import http_versions, namespaces
from gossamer.compile.checks.addresses import endless_aliases, lost_addresses, shared_addresses
from gossamer.compile.checks.claims import (
    disputed_ports,
    lost_destinations,
    lost_hosts,
    lost_services,
    shared_destinations,
    shared_hosts,
)
from gossamer.compile.checks.gateways import fronts
from gossamer.compile.checks.gateways.listeners import conflicting_listeners, met_listeners
from gossamer.compile.checks.gateways.secrets import client_secrets, server_secrets
from gossamer.compile.checks.injection import refused_proxies
from gossamer.compile.checks.routes import targets, unmatched
from gossamer.compile.checks.routes.backends import dangling_backends
from gossamer.compile.checks.routes.destinations import unused_destinations, unused_endpoints
from gossamer.compile.checks.routes.loops import endless_redirects
from gossamer.compile.checks.routes.parents import unserved_parents
from gossamer.compile.checks.routes.shadowed import shadowed_rules
from gossamer.compile.checks.routes.shares import doubled_backends
from gossamer.compile.checks.routes.unmatched import unknown_hosts
from gossamer.compile.checks.security import access, client_modes, ext_authz, mtls
from gossamer.compile.checks.selectors import (
    empty_services,
    unselected_destinations,
    unselected_gateways,
    unselected_policies,
)
from gossamer.compile.checks.subject import Subject, subject_of
from gossamer.compile.checks.targets import unenforced_targets
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model.assembly.change import Change
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Lookup
from gossamer.model.settings import Settings
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway, Grant
from gossamer.model.traffic.route import RouteSet
from gossamer.model.traffic.secret import ProxyAsked
from gossamer.model.traffic.service import DeclaredEndpoints, Service
from gossamer.model.workload.access import TrafficTarget
from gossamer.model.workload.workload_policy import WorkloadPolicy

Check = Callable[[TrackedLookup, Subject, Any], Iterator[Finding]]

CHECKS: Mapping[type, tuple[Check, ...]] = {
    RouteSet: (
        dangling_backends,
        doubled_backends,
        namespaces.unseen_routes,
        unserved_parents,
        lost_hosts,
        shared_hosts,
        shadowed_rules,
        endless_redirects,
        unknown_hosts,
        unmatched.ports_of_nobody,
    ),
    Service: (
        lost_services,
        disputed_ports,
        lost_addresses,
        shared_addresses,
        endless_aliases,
        empty_services,
        namespaces.unseen_services,
        targets.missing_targets,
        targets.missing_alias_ports,
        targets.nobodys_aliases,
        targets.clashing_protocols,
    ),
    DeclaredEndpoints: (unused_endpoints,),
    Destination: (
        unused_destinations,
        lost_destinations,
        shared_destinations,
        unselected_destinations,
        client_secrets,
        client_modes.refused_clients,
        http_versions.mixed_versions,
        namespaces.unseen_destinations,
    ),
    Gateway: (
        unselected_gateways,
        conflicting_listeners,
        met_listeners,
        fronts.ports_of_no_service,
        fronts.shared_certificates,
        server_secrets,
        namespaces.unknown_hosts_homes,
        namespaces.unknown_classes,
    ),
    Grant: (namespaces.nobodys_grants,),
    ProxyAsked: (refused_proxies,),
    TrafficTarget: (
        access.dangling_routes,
        access.dangling_bindings,
        access.nobodys_account,
    ),
    WorkloadPolicy: (
        unselected_policies,
        unenforced_targets,
        mtls.doubled_policies,
        mtls.shared_policies,
        mtls.outranked_policies,
        client_modes.refusing_policies,
        mtls.ports_of_nobody,
        ext_authz.unknown_providers,
    ),
    Settings: (ext_authz.missing_authorizers,),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say of one object in its mesh, and the facts that this rests on."""

    findings: tuple[Finding, ...]
    reads: Change


def check(mesh: Lookup, contribution: Contribution) -> Checked:
    """Every check that concerns an object, each remark once."""
    read, subject = TrackedLookup(mesh), subject_of(contribution)
    findings = (
        finding
        for fragment in contribution.fragments
        for each in CHECKS.get(type(fragment), ())
        for finding in each(read, subject, fragment)
    )
    return Checked(tuple(_once(findings)), read.reads)


_OF_ANOTHER = ("dangling-host", "dangling-subset", "missing-grant", "missing-secret")
"""Codes of what another object lacks: one mistake there, wherever this object feels it."""


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each remark once; what another object lacks at the place where it costs most."""
    kept: dict[object, Finding] = {}
    for finding in findings:
        whose = finding.message if finding.code in _OF_ANOTHER else finding
        first = kept.setdefault(whose, finding)
        if first.severity is not Severity.ERROR and finding.severity is Severity.ERROR:
            kept[whose] = finding
    yield from kept.values()


def check_all(mesh: Lookup, contributions: Iterable[Contribution]) -> tuple[Finding, ...]:
    """What there is to say of these objects, in the order of their names."""
    ordered = sorted(contributions, key=lambda each: each.object)
    return tuple(finding for each in ordered for finding in check(mesh, each).findings)
