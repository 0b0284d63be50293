"""DestinationRule: how a host is called, and the subsets of its endpoints.

An error in a host, a subset or TLS settings refuses the object, for calls would reach other
endpoints, or travel less protected, than intended. Other stanzas with errors are left out alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.dialects.istio.destination_rule.traffic_policy import read_traffic_policy
from gossamer.dialects.istio.values.label_values import read_labels
from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.reading import NOTHING, ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.hostname import is_partial, is_pattern, tell_bad_host, tell_partial
from gossamer.dialects.values.visibility import read_export_to
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding
from gossamer.model.ids import expand_host
from gossamer.model.policies import NO_POLICIES
from gossamer.model.traffic.destination import Destination, Subset
from gossamer.model.workload.labels import labels

_OTHERWISE = "calls would reach other endpoints, or be less protected, than intended"
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def read_destination_rule(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """One destination."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        host = spec.string("host", required=True) or ""
        if host and not is_pattern(host):
            tell_bad_host(spec, "host", host)
        export_to = read_export_to(spec, manifest.namespace)
        selector = read_selector(spec.child("workloadSelector"))
        _check_scope(spec, export_to, manifest.namespace)
        stanzas = list(spec.each("subsets"))
        policy = read_traffic_policy(spec.child("trafficPolicy"))
        subsets = list(_subsets(stanzas))
        is_refused = refused(spec, _OTHERWISE)
        if is_partial(host) and not is_refused:
            tell_partial(spec, "host", host)
            return NOTHING
    pairs = zip(subsets, stanzas, strict=True)
    readable = [(subset, stanza) for subset, stanza in pairs if subset is not None]
    destination = Destination(
        object=manifest.ref,
        namespace=manifest.namespace,
        host=expand_host(host, manifest.namespace),
        policies=policy[0] if policy else NO_POLICIES,
        port_policies=policy[1] if policy else (),
        subsets=tuple(subset for subset, _ in readable),
        export_to=export_to,
        workload_selector=selector,
    )
    named = tuple((f"subset {subset.name}", stanza.path) for subset, stanza in readable)
    return ObjectFragments((destination,), named, is_refused)


def _check_scope(spec: Fields, export_to: tuple[str, ...], namespace: str) -> None:
    """With a workloadSelector it is for its own namespace alone."""
    if spec.has("workloadSelector") and spec.has("exportTo") and export_to != (namespace,):
        spec.report(
            f"{dotted((*spec.path, 'exportTo'))} reaches beyond {namespace}, beside a "
            "workloadSelector",
            "Istio refuses it: the selected workloads are those of its own namespace",
            'Write exportTo: ["."], or remove one of the two',
            field="exportTo",
        )


def _subsets(stanzas: list[Fields]) -> Iterator[Subset | None]:
    seen: set[str] = set()
    for stanza in stanzas:
        name = stanza.string("name", required=True)
        chosen = read_labels(stanza, "labels")
        if name is not None and not _NAME.fullmatch(name):
            _tell_bad_name(stanza, name)
        if name in seen:
            _tell_twice(stanza, name)
        policy = read_traffic_policy(stanza.child("trafficPolicy"))
        if name is None or policy is None or stanza.failed:
            yield None
            continue
        seen.add(name)
        yield Subset(name, labels(chosen), *policy)


def _tell_bad_name(stanza: Fields, name: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'name'))} is {quoted(name)}, which is not a valid name",
        "no route can use it",
        "Use letters, digits and -, at most 63 of them",
        field="name",
        code="invalid-name",
    )


def _tell_twice(stanza: Fields, name: str) -> None:
    stanza.report(
        f"the subset {name} is defined twice",
        "it is ambiguous which one is meant",
        "Rename one of them",
        field="name",
        code="duplicate-name",
    )
