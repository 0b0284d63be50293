"""Workloads and what they mount: what Kubernetes refuses is refused.

They are no part of the mesh, since it watches their pods; only that they ask for a proxy is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gossamer.dialects.kubernetes.annotations.misplaced import said_of_pods, unheard
from gossamer.dialects.kubernetes.annotations.values import INJECT, asks_for_a_proxy, misread
from gossamer.dialects.kubernetes.workload.pod_spec import check_pod_spec
from gossamer.dialects.reading import ObjectFragments
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.secret import ProxyAsked

_WITH_PODS = (
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
)


def read_workload(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """Report what an API server would refuse: missing volumes, a selector that misses its pods."""
    findings += unheard(manifest)
    findings += misread(manifest)
    if manifest.kind in _WITH_PODS:
        check_pod_spec(manifest, findings)
    if manifest.group == "apps":
        _check_selector(manifest, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return None
    asking = [path for path, words in said_of_pods(manifest) if asks_for_a_proxy(words)]
    if not asking:
        return None
    asked = ProxyAsked(manifest.ref, manifest.namespace)
    return ObjectFragments((asked,), (("the proxy that is asked for", (*asking[-1], INJECT)),))


def _check_selector(manifest: Manifest, findings: list[Finding]) -> None:
    wanted = _at(manifest.body, "spec", "selector", "matchLabels")
    given = _at(manifest.body, "spec", "template", "metadata", "labels")
    missing = {name: value for name, value in wanted.items() if given.get(name) != value}
    if missing:
        words = ", ".join(f"{name}: {value}" for name, value in missing.items())
        findings.append(
            Finding(
                manifest.origin(("spec", "selector", "matchLabels", next(iter(missing)))),
                f"the template's labels do not have {words}, which the selector asks for",
                "it would not own its pods; nothing of it is used, as in Kubernetes",
                "Give spec.template.metadata.labels what spec.selector.matchLabels asks for",
                "selector-mismatch",
            )
        )


def _at(body: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    value: Any = body
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
