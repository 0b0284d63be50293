"""Kinds, groups and versions that exist, so that a misspelt one is told from a foreign one."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity

ISTIO = ("v1", "v1beta1", "v1alpha3", "v1alpha1")
GATEWAY = ("v1", "v1beta1", "v1alpha3", "v1alpha2")
SMI = ("v1alpha4", "v1alpha3", "v1alpha2", "v1alpha1")
VERSIONS = {
    "": ("v1",),
    "apps": ("v1",),
    "batch": ("v1", "v1beta1"),
    "discovery.k8s.io": ("v1", "v1beta1"),
    "networking.istio.io": ISTIO,
    "security.istio.io": ISTIO,
    "telemetry.istio.io": ISTIO,
    "extensions.istio.io": ISTIO,
    "gateway.networking.k8s.io": GATEWAY,
    "split.smi-spec.io": SMI,
    "specs.smi-spec.io": SMI,
    "access.smi-spec.io": SMI,
}
"""The groups that a mesh's users write, with their versions, newest first."""

_BESIDE = {
    "": "Pod ConfigMap ServiceAccount Node Event PersistentVolume PersistentVolumeClaim LimitRange "
    "ReplicationController ResourceQuota PodTemplate ComponentStatus Binding List",
    "apps": "Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision",
    "batch": "Job CronJob",
    "networking.istio.io": "EnvoyFilter Sidecar WorkloadEntry WorkloadGroup ProxyConfig",
    "security.istio.io": "RequestAuthentication",
    "telemetry.istio.io": "Telemetry",
    "extensions.istio.io": "WasmPlugin",
    "gateway.networking.k8s.io": "GatewayClass GRPCRoute TCPRoute TLSRoute UDPRoute ListenerSet "
    "BackendTLSPolicy BackendLBPolicy",
}
_OTHERS = frozenset((group, kind) for group, kinds in _BESIDE.items() for kind in kinds.split())
"""Kinds of these groups beside those that are read."""

Kinds = Collection[tuple[str, str]]


def misspelt(manifest: Manifest, read: Kinds) -> tuple[Finding, ...]:
    """The finding on an unknown kind that resembles a known one; else none."""
    kinds = _all(read)
    if (manifest.group, manifest.kind) in kinds:
        return ()
    groups = sorted({group for group, kind in kinds if kind == manifest.kind})
    if groups and (manifest.group in VERSIONS or get_close_matches(manifest.group, groups, 1, 0.8)):
        near = get_close_matches(manifest.group, groups, 1, 0.0) or groups
        return (_told(manifest, f"apiVersion: {_version(near[0])}", "apiVersion"),)
    if manifest.group in VERSIONS:
        own = sorted(kind for group, kind in kinds if group == manifest.group)
        if near := get_close_matches(manifest.kind, own, 1, 0.8):
            return (_told(manifest, f"kind: {near[0]}", "kind"),)
    return ()


def wrong_version(manifest: Manifest, read: Kinds) -> tuple[Finding, ...]:
    """The finding on a kind that there is, in a version that its group has not."""
    whose, known = (manifest.group, manifest.kind), VERSIONS.get(manifest.group, ())
    version = manifest.api_version.rpartition("/")[2]
    if version in known or not known or whose not in _all(read):
        return ()
    finding = Finding(
        manifest.origin(("apiVersion",)),
        f"{manifest.kind} has no version {version}; it has {', '.join(known)}",
        f"{f'it is read as if it were {known[0]}; ' if whose in read else ''}"
        "a cluster would refuse it",
        f"Write apiVersion: {_version(manifest.group)}",
        "unknown-kind",
        Severity.WARNING,
    )
    return (finding,)


def _all(read: Kinds) -> set[tuple[str, str]]:
    return {*read, *_OTHERS}


def _version(group: str) -> str:
    return f"{group}/{VERSIONS[group][0]}" if group else VERSIONS[group][0]


def _told(manifest: Manifest, instead: str, field: str) -> Finding:
    return Finding(
        manifest.origin((field,)),
        f"there is no kind {manifest.kind} in {manifest.api_version}",
        "it is not read; a cluster would refuse it",
        f"Write {instead}",
        "unknown-kind",
        Severity.WARNING,
    )
