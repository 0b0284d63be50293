"""What a pod's specification refers to inside itself: its containers mount its volumes."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from gossamer.dialects.kubernetes.workload.pod_rules import broken_rules
from gossamer.dialects.kubernetes.workload.proxy_user import proxy_users
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Path
from gossamer.model.finding import Finding

_SPECS: dict[str, Path] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE: Path = ("spec", "template", "spec")
_INJECT = "sidecar.istio.io/inject"
_NO = ("false", "disabled", "n", "no", "off")
_CONTAINERS = ("initContainers", "containers")


def check_pod_spec(manifest: Manifest, findings: list[Finding]) -> None:
    """Report mounts of volumes that the pod does not have, and container names used twice."""
    path = _SPECS.get(manifest.kind, _TEMPLATE)
    spec = Fields(manifest, path, [])
    if not _has_no_proxy(Fields(manifest, (*path[:-1], "metadata"), [])):
        findings += proxy_users(spec)
    findings += broken_rules(spec, manifest.kind)
    volumes = {*_names(spec, "volumes"), *_claims(manifest)}
    seen: set[str] = set()
    for container in (each for key in _CONTAINERS for each in spec.each(key)):
        name = container.string("name", "")
        if name in seen:
            findings.append(_twice(container, name))
        seen.add(name)
        findings += _unmounted(container, volumes)


def _has_no_proxy(metadata: Fields) -> bool:
    """Whether the pod itself says that it is to have no proxy."""
    values = (metadata.string_map(field).get(_INJECT, "") for field in ("labels", "annotations"))
    return any(value.lower() in _NO for value in values)


def _names(spec: Fields, key: str) -> Iterator[str]:
    return (each.string("name", "") for each in spec.each(key))


def _claims(manifest: Manifest) -> Iterator[str]:
    """The volumes that a StatefulSet brings to each of its pods."""
    spec = Fields(manifest, ("spec",), [])
    for template in spec.each("volumeClaimTemplates"):
        yield template.child("metadata").string("name", "")


def _unmounted(container: Fields, volumes: set[str]) -> Iterator[Finding]:
    for mount in container.each("volumeMounts"):
        name = mount.string("name", "")
        if name and name not in volumes:
            near = get_close_matches(name, sorted(volumes), 1)
            yield Finding(
                mount.origin_of("name"),
                f"there is no volume {name!r} in this pod",
                "a cluster refuses the object, and nothing of it is used",
                f"Did you mean {near[0]!r}?" if near else "Declare it under volumes of the pod",
                "missing-reference",
            )


def _twice(container: Fields, name: str) -> Finding:
    return Finding(
        container.origin_of("name"),
        f"two containers of the pod have the name {name!r}",
        "a cluster refuses the object, and nothing of it is used",
        "Give each container a name of its own",
        "duplicate-name",
    )
