"""By which field the items of a list are told apart when a patch is merged into it.

Source: `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys` of Kubernetes' OpenAPI
description. Lists that are not here, those of Istio and all other custom kinds among them, are
replaced as a whole, as Kustomize does.
"""

from __future__ import annotations

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")
_WITH_PODS = (*_WORKLOADS, "ReplicationController", "Pod", "PodTemplate")

_IN_PODS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "resourceClaims": ("name",),
    "schedulingGates": ("name",),
    "ports": ("containerPort", "protocol"),
}
_BY_KIND: dict[str, dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_WITH_PODS, _IN_PODS),
    "Service": {"ports": ("port", "protocol")},
    "ServiceAccount": {"secrets": ("name",), "imagePullSecrets": ("name",)},
    "MutatingWebhookConfiguration": {"webhooks": ("name",)},
    "ValidatingWebhookConfiguration": {"webhooks": ("name",)},
}
_ANYWHERE: dict[str, tuple[str, ...]] = {"ownerReferences": ("uid",)}
_SETS = ("finalizers",)


def merge_keys(kind: str, field: str) -> tuple[str, ...]:
    """The fields that tell items apart; none where the list is replaced."""
    return _BY_KIND.get(kind, {}).get(field, _ANYWHERE.get(field, ()))


def is_set(field: str) -> bool:
    """Whether a list of words is joined with what a patch has, instead of replaced."""
    return field in _SETS
