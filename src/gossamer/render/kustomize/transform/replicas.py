"""`replicas`: how many pods a workload has, by its name."""

from __future__ import annotations

from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import FieldNode, created
from gossamer.render.kustomize.resource import KustomizedObject, Resources

_KINDS = ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")


def replicas(resources: Resources, at: Kustomization) -> Resources:
    """The resources with their counts; a name that no workload has is reported."""
    for entry in at.fields.each("replicas"):
        name, count = entry.string("name", required=True) or "", entry.integer("count", low=0)
        chosen = [each for each in resources if _is_for(each, name)]
        if count is None:
            at.tell(entry.path, "replicas has no count", "Write count: 2")
        elif not chosen:
            what = f"no {', '.join(_KINDS)} has the name {name}"
            at.tell((*entry.path, "name"), what, "Write the name as the resources have it")
        else:
            node = at.node(*entry.path, "count")
            resources = tuple(_counted(e, node) if e in chosen else e for e in resources)
    return resources


def _is_for(resource: KustomizedObject, name: str) -> bool:
    return resource.kind in _KINDS and any(each.name == name for each in resource.names)


def _counted(resource: KustomizedObject, count: FieldNode) -> KustomizedObject:
    return resource.changed(created(resource.body, ("spec", "replicas"), count))
