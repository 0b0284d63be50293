"""A line of counts as dashboards know it: an edge with principals, service names and outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gossamer.model.workload.workload_labels import UNNAMED, WorkloadLabels
from gossamer.telemetry.edge import DESTINATION, SOURCE, UNKNOWN, Counts, Edge
from gossamer.telemetry.plan import Series

OwnerOf = Callable[[str], "Owner | None"]
"""Who a peer `POD.NAMESPACE` is, None for those not of this host."""

NONE = ("", "-")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose proxy counted: the workload `NAMESPACE/NAME`, its identity, what it calls itself."""

    workload: str
    principal: str
    names: WorkloadLabels = UNNAMED


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Everything that Istio's metrics say of a call, but not which pods it was between."""

    edge: Edge
    source_principal: str = ""
    destination_principal: str = ""
    service_name: str = ""
    service_namespace: str = ""
    code: str = ""
    grpc: str = ""
    flags: str = ""
    source_names: WorkloadLabels = UNNAMED
    destination_names: WorkloadLabels = UNNAMED

    @property
    def failed(self) -> bool:
        """Whether such a call failed, as Istio counts: 5xx, no answer, or a gRPC error."""
        if self.edge.protocol == "tcp":
            return False
        return self.grpc not in ("", "0") or not "1" <= self.code[:1] < "5"

    def plain(self) -> LabelSet:
        """The same without outcome, for when there are too many of them."""
        return replace(self, code="", flags="", source_principal="", destination_principal="")


def line_of(series: Series, owner: Owner, owner_of: OwnerOf) -> LabelSet:
    """The line that a series of an owner's proxy belongs to."""
    tags = {name: "" if value in NONE else value for name, value in series.tags}
    if series.reporter == "client":
        return _called(tags, owner, series)
    return _calling(tags, owner, series, owner_of)


def counted(line: LabelSet, counts: Counts) -> Counts:
    """A series' counts as its edge has them: bytes as the caller sees them, failures told."""
    failed = counts.requests if line.failed else 0
    if line.edge.reporter == SOURCE:
        return replace(counts, failed=failed)
    return replace(counts, failed=failed, sent=counts.received, received=counts.sent)


def _called(tags: Mapping[str, str], owner: Owner, series: Series) -> LabelSet:
    """What a caller's proxy says: it knows whom it reached."""
    reached = f"{tags['namespace']}/{tags['workload']}" if tags.get("workload") else None
    peer = tags.get("peer", "")
    protocol = _protocol(series, tags)
    edge = Edge(SOURCE, owner.workload, reached, tags.get("host", ""), protocol, bool(peer))
    labels = _line(edge, tags, owner.principal, peer)
    names = WorkloadLabels.of(tags.get("names", ""))
    return replace(labels, source_names=owner.names, destination_names=names)


def _calling(tags: Mapping[str, str], owner: Owner, series: Series, owner_of: OwnerOf) -> LabelSet:
    """What the called one's proxy says: it knows the caller by its certificate."""
    peer = tags.get("peer", "")
    caller = owner_of(tags.get("peer_name", ""))
    source = caller.workload if caller else peer or UNKNOWN
    protocol = _protocol(series, tags)
    edge = Edge(DESTINATION, source, owner.workload, tags.get("host", ""), protocol, bool(peer))
    labels = _line(edge, tags, peer, owner.principal)
    names = caller.names if caller else UNNAMED
    return replace(labels, source_names=names, destination_names=owner.names)


def _line(edge: Edge, tags: Mapping[str, str], source: str, destination: str) -> LabelSet:
    return LabelSet(
        edge,
        source,
        destination,
        tags.get("service", ""),
        tags.get("service_namespace", ""),
        tags.get("code", ""),
        tags.get("grpc", ""),
        tags.get("flags", ""),
    )


def _protocol(series: Series, tags: Mapping[str, str]) -> str:
    return "grpc" if tags.get("grpc") else series.protocol
