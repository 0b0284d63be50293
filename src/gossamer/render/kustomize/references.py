"""Which fields of which kinds name other objects: they follow when those are renamed.

Source: Kustomize's own table of name references. Kinds of Istio and the Gateway API are not in
it, so that a `namePrefix` leaves their hosts alone, here as there.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.render.kustomize.node import EACH

Steps = tuple[str, ...]

_POD_SPECS: dict[str, Steps] = {
    "Pod": ("spec",),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"),
        ("spec", "template", "spec"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_CONTAINERS = ("containers", "initContainers")
_IN_CONTAINERS: tuple[tuple[str, Steps], ...] = (
    ("ConfigMap", ("env", EACH, "valueFrom", "configMapKeyRef", "name")),
    ("ConfigMap", ("envFrom", EACH, "configMapRef", "name")),
    ("Secret", ("env", EACH, "valueFrom", "secretKeyRef", "name")),
    ("Secret", ("envFrom", EACH, "secretRef", "name")),
)
_IN_PODS: tuple[tuple[str, Steps], ...] = (
    ("ConfigMap", ("volumes", EACH, "configMap", "name")),
    ("ConfigMap", ("volumes", EACH, "projected", "sources", EACH, "configMap", "name")),
    ("Secret", ("volumes", EACH, "secret", "secretName")),
    ("Secret", ("volumes", EACH, "projected", "sources", EACH, "secret", "name")),
    ("Secret", ("imagePullSecrets", EACH, "name")),
    ("ServiceAccount", ("serviceAccountName",)),
    ("ServiceAccount", ("serviceAccount",)),
    ("PersistentVolumeClaim", ("volumes", EACH, "persistentVolumeClaim", "claimName")),
    ("PriorityClass", ("priorityClassName",)),
    *(
        (kind, (containers, EACH, *path))
        for containers in _CONTAINERS
        for kind, path in _IN_CONTAINERS
    ),
)
_PATHS: Steps = ("spec", "rules", EACH, "http", "paths", EACH, "backend")
_BY_KIND: dict[str, tuple[tuple[str, Steps], ...]] = {
    "StatefulSet": (("Service", ("spec", "serviceName")),),
    "ServiceAccount": (("Secret", ("imagePullSecrets", EACH, "name")),),
    "Ingress": (
        ("Service", (*_PATHS, "service", "name")),
        ("Service", (*_PATHS, "serviceName")),
        ("Service", ("spec", "defaultBackend", "service", "name")),
        ("Service", ("spec", "backend", "serviceName")),
        ("Secret", ("spec", "tls", EACH, "secretName")),
        ("IngressClass", ("spec", "ingressClassName")),
    ),
    "PersistentVolumeClaim": (
        ("PersistentVolume", ("spec", "volumeName")),
        ("StorageClass", ("spec", "storageClassName")),
    ),
    **dict.fromkeys(
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        (("Service", ("webhooks", EACH, "clientConfig", "service", "name")),),
    ),
}
OBJECTS: dict[str, tuple[Steps, ...]] = {
    "HorizontalPodAutoscaler": (("spec", "scaleTargetRef"),),
    "RoleBinding": (("roleRef",), ("subjects", EACH)),
    "ClusterRoleBinding": (("roleRef",), ("subjects", EACH)),
}
"""Mappings that name an object with its kind: `{kind, name}`."""


def references(kind: str) -> Iterator[tuple[str, Steps]]:
    """Each (kind that is named, path of the field) of one kind."""
    spec = _POD_SPECS.get(kind)
    if spec is not None:
        yield from ((named, (*spec, *path)) for named, path in _IN_PODS)
    yield from _BY_KIND.get(kind, ())


def pod_spec(kind: str) -> Steps | None:
    """The path of a kind's pod specification."""
    return _POD_SPECS.get(kind)
