"""Virtual addresses that two services declare, and names that stand for themselves."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.addressing.address_holder import ServiceHolder
from gossamer.model.assembly.visible import service_for
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.service import Service

MOST_ALIASES = 16
"""Names of names that are followed: the mesh's resolver follows no more either."""


def lost_addresses(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """Each declared address that belongs to another service."""
    for number, address in enumerate(service.addresses):
        holder = read.lookup(tables.ADDRESSES, address)
        if holder and not (
            isinstance(holder, ServiceHolder)
            and (holder.host == service.host or _mine(read, subject, holder.host))
        ):
            yield Finding(
                subject.at(f"spec.addresses[{number}]", "spec.clusterIP", "spec.ports[0]"),
                f"the address {address} already belongs to {holder}",
                f"calls to {address} go there; calls to {service.host} by name come here",
                "Choose another address, or leave it out to be given one",
                "address-conflict",
            )


def shared_addresses(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """Each declared address that is this service's, and that another one declares too."""
    for number, address in enumerate(service.addresses):
        if read.lookup(tables.ADDRESSES, address) != ServiceHolder(service.host):
            continue
        claims = read.lookup(tables.CLAIMS, address) or ()
        others = sorted(host for host in claims if not _mine(read, subject, host))
        if others:
            yield Finding(
                subject.at(f"spec.addresses[{number}]", "spec.clusterIP", "spec.ports[0]"),
                f"the address {address} is also declared by service {others[0]}; "
                "it belongs to this one",
                f"calls to {address} come here, whichever of the two is meant",
                "Give each an address of its own, or leave one out to be given one",
                "address-conflict",
                Severity.WARNING,
            )


def _mine(read: TrackedLookup, subject: Subject, host: str) -> bool:
    """Whether the other host comes from the same object: a ServiceEntry's hosts share addresses."""
    return any(each.object == subject.object for each in read.lookup(tables.SERVICES, host) or ())


def endless_aliases(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """An ExternalName that leads back to itself."""
    seen, alias = {service.host: None}, service.alias
    while alias and len(seen) <= MOST_ALIASES:
        if alias in seen:
            yield Finding(
                subject.at("spec.externalName"),
                f"{service.host} is another name for itself: {' -> '.join([*seen, alias])}",
                "calls to it go nowhere",
                "Set externalName to the host that really answers",
                "alias-loop",
            )
            return
        seen[alias] = None
        following = service_for(read, alias, service.namespace)
        alias = following.alias if following else ""
