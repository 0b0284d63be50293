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
from gossamer.telemetry.evidence.contact import Handshakes
from gossamer.telemetry.evidence.evidence import What
from gossamer.telemetry.rows import DeniedRequests, EdgeRow

_REFUSED = "refused "


def with_denials(
    mesh: Mesh, rows: Iterable[EdgeRow], counted: Mapping[Handshakes, int]
) -> list[EdgeRow]:
    """The rows, those with refused requests with their rules and counts."""
    every, refused = list(rows), _refused(counted)
    if not refused:
        return every
    identities = _identities(mesh)
    ends = [(row.destination, identities.get(row.source, "") if row.mtls else "") for row in every]
    alone = Counter(ends)
    return [
        replace(row, denied=refused[end]) if end in refused and alone[end] == 1 else row
        for row, end in zip(every, ends, strict=True)
    ]


def _refused(
    counted: Mapping[Handshakes, int],
) -> dict[tuple[str | None, str], list[DeniedRequests]]:
    """By destination and the caller's identity ("" for none)."""
    refused: dict[tuple[str | None, str], list[DeniedRequests]] = {}
    for each, count in sorted(counted.items(), key=lambda pair: str(pair[0])):
        if each.kind == What.DECIDED and each.service.startswith(_REFUSED):
            denied = DeniedRequests(each.service.removeprefix(_REFUSED), count)
            refused.setdefault((each.source, each.name), []).append(denied)
    return refused


def _identities(mesh: Mesh) -> dict[str, str]:
    """By workload `NAMESPACE/NAME` the identity of its pods."""
    domain, table = settings_of(mesh).trust_domain, tables.PODS.name
    pods = (value for key, value in mesh.facts.items() if key.table == table)
    return {
        f"{pod.namespace}/{pod.workload.rpartition('/')[2]}": spiffe(
            domain, pod.namespace, pod.service_account
        )
        for pod in pods
    }
