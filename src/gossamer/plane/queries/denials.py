"""The edges of traffic with what authorization refused on them, by rule.

A receiving proxy counts refusals by its caller's identity, and edges are of workloads. Where
several workloads that call one destination share an account it cannot be told whose calls were
refused: none of them is given the count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from gossamer.compile.lookup.identities import spiffe
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.mesh import Mesh
from gossamer.telemetry.evidence.contact import Handshakes, Occasions
from gossamer.telemetry.rows import DeniedRequests, EdgeRow

_REFUSED = "refused "


def with_denials(
    mesh: Mesh, rows: Iterable[EdgeRow], decided: Mapping[Handshakes, Occasions]
) -> list[EdgeRow]:
    """The rows, those with refused requests with their rules and counts."""
    every, refused = list(rows), _refused(decided)
    if not refused:
        return every
    identities = identities_of(mesh)
    ends = [(row.destination, identities.get(row.source, "") if row.mtls else "") for row in every]
    alone = Counter(ends)
    return [
        replace(row, denied=refused[end]) if end in refused and alone[end] == 1 else row
        for row, end in zip(every, ends, strict=True)
    ]


def _refused(
    decided: Mapping[Handshakes, Occasions],
) -> dict[tuple[str | None, str], list[DeniedRequests]]:
    """By destination and the caller's identity ("" for none)."""
    refused: dict[tuple[str | None, str], list[DeniedRequests]] = {}
    for each, seen in sorted(decided.items(), key=lambda pair: str(pair[0])):
        if each.service.startswith(_REFUSED):
            denied = DeniedRequests(each.service.removeprefix(_REFUSED), seen.count)
            refused.setdefault((each.source, each.name), []).append(denied)
    return refused


def identities_of(mesh: Mesh) -> dict[str, str]:
    """By workload `NAMESPACE/NAME` the identity of its pods."""
    domain, table = settings_of(mesh).trust_domain, tables.PODS.name
    pods = (value for key, value in mesh.facts.items() if key.table == table)
    return {
        f"{pod.namespace}/{pod.workload.rpartition('/')[2]}": spiffe(
            domain, pod.namespace, pod.service_account
        )
        for pod in pods
    }
