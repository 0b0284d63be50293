"""Kinds that a cluster has and a mesh does not read: one remark for all objects of each kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from gossamer.dialects.known import misspelt
from gossamer.dialects.unread import GROUPS
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity

Kind: TypeAlias = tuple[str, str]

_NOTHING = "they have no effect here"
_EFFECTS = {
    "NetworkPolicy": "calls that it would refuse are allowed",
    "HorizontalPodAutoscaler": "workloads keep the number of replicas that they are written with",
    "VerticalPodAutoscaler": "nothing changes what containers may use",
    "PodDisruptionBudget": "pods are replaced as their workload says",
    "Ingress": "requests from outside do not come in by it",
    "CustomResourceDefinition": "objects of the kinds that it defines are not read",
    "Role": "a lab checks no permissions",
    "ClusterRole": "a lab checks no permissions",
    "RoleBinding": "a lab checks no permissions",
    "ClusterRoleBinding": "a lab checks no permissions",
    "ServiceMonitor": "no scraper reads it",
    "PodMonitor": "no scraper reads it",
    "ResourceQuota": "nothing is limited by it",
    "LimitRange": "nothing is limited by it",
}
_REMEDIES = {
    "Ingress": "Write an Istio Gateway with a VirtualService, or a Gateway with an HTTPRoute",
}
_KEEP = "Nothing to do: a cluster reads them"
_SHOWN = 3
_QUIET = frozenset(
    {
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("", "ServiceAccount"),
        ("", "ConfigMap"),
        ("", "Event"),
        ("", "Node"),
        ("", "List"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
    }
)
"""Kinds whose objects have their effect by what refers to them, or are no declarations."""


def unread_kinds(manifests: Iterable[Manifest], read: Collection[Kind]) -> Iterator[Finding]:
    """One remark for each kind that is not read, at the first object of it.

    What belongs to a mesh's own groups is reported object by object (`unread`), and so is a kind
    that is misspelt.
    """
    by_kind: dict[Kind, list[Manifest]] = {}
    for manifest in manifests:
        whose = (manifest.group, manifest.kind)
        known = whose in read or whose in _QUIET or manifest.group in GROUPS
        if not known and not misspelt(manifest, read):
            by_kind.setdefault(whose, []).append(manifest)
    for objects in by_kind.values():
        yield _told(objects)


def _told(objects: list[Manifest]) -> Finding:
    first, count = objects[0], len(objects)
    names = ", ".join(str(each.ref).partition(" ")[2] for each in objects[:_SHOWN])
    more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
    return Finding(
        first.origin(("kind",)),
        f"{first.kind} ({first.api_version}) is not read: {names}{more}",
        _EFFECTS.get(first.kind, _NOTHING),
        _REMEDIES.get(first.kind, _KEEP),
        "kind-not-read",
        Severity.INFO,
    )
