"""The counts as Prometheus text, under the names and labels of Istio's standard metrics.

What the mesh does not know is `unknown`, as there. Sizes are told as histograms of one bucket:
sums and counts are exact, their distribution is not kept. `istio_tcp_sent_bytes_total` is what
the called side sent, as there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gossamer.model.workload.workload_labels import WorkloadLabels
from gossamer.telemetry.edge import UNKNOWN, Counts
from gossamer.telemetry.evidence.evidence import What
from gossamer.telemetry.label_set import LabelSet
from gossamer.telemetry.shapes import Witnessed

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BOUNDS = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000)
"""Upper bounds of durations in milliseconds, where dashboards expect them."""

Rows = Iterator[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A line's labels, ready, and its counts."""

    labels: str
    counts: Counts


def exposition(
    lines: Mapping[LabelSet, Counts], evidence: Mapping[Witnessed, int] = MappingProxyType({})
) -> str:
    """All lines, grouped by metric; of evidence what rules of authorization decided."""
    http = [Told(_labels(k), v) for k, v in lines.items() if k.edge.protocol != "tcp"]
    tcp = [Told(_labels(k), v) for k, v in lines.items() if k.edge.protocol == "tcp"]
    parts = [
        *_counter("istio_requests_total", ((t, t.counts.requests) for t in http)),
        *_durations("istio_request_duration_milliseconds", http),
        *_sizes("istio_request_bytes", ((t, t.counts.sent) for t in http)),
        *_sizes("istio_response_bytes", ((t, t.counts.received) for t in http)),
        *_counter("istio_tcp_received_bytes_total", ((t, t.counts.sent) for t in tcp)),
        *_counter("istio_tcp_sent_bytes_total", ((t, t.counts.received) for t in tcp)),
        *_counter("istio_tcp_connections_closed_total", ((t, t.counts.requests) for t in tcp)),
        *_decisions(evidence),
    ]
    return "".join(part + "\n" for part in parts)


def _counter(name: str, values: Iterable[tuple[Told, int]]) -> Rows:
    yield f"# TYPE {name} counter"
    for line, value in values:
        yield f"{name}{{{line.labels}}} {value}"


def _sizes(name: str, values: Iterable[tuple[Told, int]]) -> Rows:
    yield f"# TYPE {name} histogram"
    for line, value in values:
        yield f'{name}_bucket{{{line.labels},le="+Inf"}} {line.counts.requests}'
        yield f"{name}_sum{{{line.labels}}} {value}"
        yield f"{name}_count{{{line.labels}}} {line.counts.requests}"


def _durations(name: str, lines: Iterable[Told]) -> Rows:
    yield f"# TYPE {name} histogram"
    for line in lines:
        took = line.counts.milliseconds
        for bound in BOUNDS:
            below = sum(count for ms, count in took.items() if ms <= bound)
            yield f'{name}_bucket{{{line.labels},le="{bound:g}"}} {below}'
        yield f'{name}_bucket{{{line.labels},le="+Inf"}} {sum(took.values())}'
        yield f"{name}_sum{{{line.labels}}} {sum(ms * count for ms, count in took.items()):g}"
        yield f"{name}_count{{{line.labels}}} {sum(took.values())}"


def _decisions(evidence: Mapping[Witnessed, int]) -> Rows:
    """`decision` is refused, would_refuse, would_let_in or noted."""
    yield "# TYPE gossamer_authorization_requests_total counter"
    for (workload, each), count in evidence.items():
        if each.what is What.DECIDED:
            decision, _, rule = each.about.partition(" ")
            namespace, _, name = workload.partition("/")
            labels = {
                "destination_workload": name,
                "destination_workload_namespace": namespace,
                "source_principal": each.detail or UNKNOWN,
                "decision": decision,
                "rule": rule,
            }
            text = ",".join(f'{label}="{escaped(value)}"' for label, value in labels.items())
            yield f"gossamer_authorization_requests_total{{{text}}} {count}"


def _labels(line: LabelSet) -> str:
    edge = line.edge
    labels = {
        "reporter": edge.reporter,
        **_end("source", edge.source, line.source_principal, line.source_names),
        **_end("destination", edge.destination, line.destination_principal, line.destination_names),
        "destination_service": edge.service or UNKNOWN,
        "destination_service_name": line.service_name or UNKNOWN,
        "destination_service_namespace": line.service_namespace or UNKNOWN,
        "request_protocol": edge.protocol,
        "response_flags": line.flags or "-",
        "connection_security_policy": "mutual_tls" if edge.mtls else "none",
    }
    if edge.protocol != "tcp":
        labels |= {"response_code": line.code or "0", "grpc_response_status": line.grpc}
    return ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())


def _end(end: str, workload: str | None, principal: str, names: WorkloadLabels) -> dict[str, str]:
    """The labels of one end of an edge."""
    namespace, slash, name = (workload or "").partition("/")
    known = slash and not namespace.endswith(":")  # a SPIFFE id is no workload
    return {
        f"{end}_workload": name if known else UNKNOWN,
        f"{end}_workload_namespace": namespace if known else UNKNOWN,
        f"{end}_principal": principal or UNKNOWN,
        f"{end}_app": names.app or UNKNOWN,
        f"{end}_version": names.version or UNKNOWN,
        f"{end}_canonical_service": names.service or UNKNOWN,
        f"{end}_canonical_revision": names.revision or UNKNOWN,
        f"{end}_cluster": UNKNOWN,
    }


def escaped(value: str) -> str:
    """A label's value as it stands between its quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
