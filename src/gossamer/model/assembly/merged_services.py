"""Several declarations of one host that are one service together, as in Istio.

ServiceEntries of one namespace that agree on resolution, labels, selector and visibility split a
host's ports among them. Whatever differs in one of these stays a claim of its own, of which
`visible.service_for` picks the first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from gossamer.model.traffic.service import Protocol, Service

MERGING = "ServiceEntry"


def merged_services(claims: tuple[Service, ...]) -> tuple[Service, ...]:
    """The claims of one host, strongest first; those that merge stand where their first stood."""
    if len(claims) < 2:
        return claims
    groups: dict[object, list[Service]] = {}
    for claim in claims:
        groups.setdefault(_alike(claim), []).append(claim)
    return tuple(reduce(_merged, group) for group in groups.values())


def _alike(claim: Service) -> object:
    if claim.object.kind != MERGING:
        return claim.object
    return (
        claim.namespace,
        claim.resolution,
        claim.labels,
        claim.selector,
        frozenset(claim.export_to),
    )


def _merged(first: Service, other: Service) -> Service:
    """The first with what the other adds; where both have a port, the first says what it is."""
    taken = {(port.number, port.protocol is Protocol.UDP) for port in first.ports}
    ports = tuple(p for p in other.ports if (p.number, p.protocol is Protocol.UDP) not in taken)
    return replace(
        first,
        also=(*first.also, other.object),
        ports=first.ports + ports,
        addresses=tuple(dict.fromkeys(first.addresses + other.addresses)),
        subject_alt_names=tuple(dict.fromkeys(first.subject_alt_names + other.subject_alt_names)),
    )
