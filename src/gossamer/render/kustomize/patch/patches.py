"""`patches`, `patchesStrategicMerge` and `patchesJson6902`: parts of objects laid over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path
from gossamer.render.kustomize.kustomization import Kustomization, told_at
from gossamer.render.kustomize.node import FieldNode
from gossamer.render.kustomize.patch.json_patch import PatchFailed, applied
from gossamer.render.kustomize.patch.merge import deletes, merged
from gossamer.render.kustomize.patch.selection import read_target, selects
from gossamer.render.kustomize.resource import KustomizedObject, Resources

_NAMED = ("apiVersion", "kind")


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch's text, for whom it is, and what of its own names it may change."""

    body: FieldNode
    path: Path
    target: Mapping[str, str] | None = None
    renames: bool = False
    retypes: bool = False


def strategic_patches(resources: Resources, at: Kustomization) -> Resources:
    """`patchesStrategicMerge`: files, or patches written inline."""
    for index, text in enumerate(at.fields.strings("patchesStrategicMerge")):
        path: Path = ("patchesStrategicMerge", index)
        for body in _bodies(at, text, path):
            resources = _patched(resources, Patch(body, path), at)
    return resources


def patches(resources: Resources, at: Kustomization) -> Resources:
    """`patches`: of either form, with a target or without."""
    for entry in at.fields.each("patches"):
        options = entry.child("options")
        renames = options.boolean("allowNameChange", False)
        retypes = options.boolean("allowKindChange", False)
        target = read_target(entry.child("target")) if entry.has("target") else None
        for body in _of_entry(at, entry):
            patch = Patch(body, entry.path, target, renames, retypes)
            resources = _patched(resources, patch, at)
    return resources


def json_patches(resources: Resources, at: Kustomization) -> Resources:
    """`patchesJson6902`: each for the one object that its target names."""
    for entry in at.fields.each("patchesJson6902"):
        target = read_target(entry.child("target", required=True))
        for body in _of_entry(at, entry):
            resources = _patched(resources, Patch(body, entry.path, target), at)
    return resources


def _of_entry(at: Kustomization, entry: Fields) -> Iterator[FieldNode]:
    file, inline = entry.string("path", ""), entry.string("patch", "")
    if file:
        yield from _read(at, file, (*entry.path, "path"))
    elif inline:
        yield from at.inline(*entry.path, "patch")
    else:
        at.tell(entry.path, "the patch has neither path nor patch", "Write patch: |- or path: FILE")


def _bodies(at: Kustomization, text: str, path: Path) -> Iterator[FieldNode]:
    if "\n" in text or text.lstrip().startswith("{"):
        yield from at.inline(*path)
    else:
        yield from _read(at, text, path)


def _read(at: Kustomization, file: str, path: Path) -> Iterator[FieldNode]:
    if content := at.read(file, path):
        yield from at.nodes(*content, path)


def _patched(resources: Resources, patch: Patch, at: Kustomization) -> Resources:
    chosen = [each for each in resources if _is_for(patch, each)]
    if not chosen:
        _tell_nobody(resources, patch, at)
    after = (_outcome(each, patch, at) if each in chosen else each for each in resources)
    return tuple(each for each in after if each is not None)


def _is_for(patch: Patch, resource: KustomizedObject) -> bool:
    if patch.target is not None:
        return selects(patch.target, resource)
    names = ("metadata", "name"), ("metadata", "namespace")
    name, namespace = (patch.body.text_at(*path) for path in names)
    group, _, _ = patch.body.text_at("apiVersion").rpartition("/")
    return (
        (group, patch.body.text_at("kind")) == (resource.group, resource.kind)
        and any(each.name == name for each in resource.names)
        and (not namespace or any(each.namespace == namespace for each in resource.names))
    )


def _outcome(
    resource: KustomizedObject, patch: Patch, at: Kustomization
) -> KustomizedObject | None:
    """The resource after the patch; None where it removes it."""
    if patch.body.items:
        return _operated(resource, patch, at)
    if deletes(patch.body):
        return None
    return resource.changed(merged(resource.body, _anonymous(patch), resource.kind))


def _anonymous(patch: Patch) -> FieldNode:
    """The patch without names that it merely finds its object by."""
    body = patch.body
    for name in () if patch.retypes else _NAMED:
        body = body.without(name)
    metadata = body.at("metadata")
    if metadata is None or patch.renames:
        return body
    return body.put("metadata", metadata.without("name").without("namespace"))


def _operated(resource: KustomizedObject, patch: Patch, at: Kustomization) -> KustomizedObject:
    body = resource.body
    for operation in patch.body.items:
        try:
            body = applied(body, operation)
        except PatchFailed as failed:
            what = f"the patch does not fit {resource}: {failed}"
            at.findings.append(told_at(operation.place, at.folder, what, failed.remedy, patch.path))
    return resource.changed(body)


def _tell_nobody(resources: Resources, patch: Patch, at: Kustomization) -> None:
    """A patch that names its object has to fit it; one with a target may fit nothing."""
    names = patch.target or {
        "kind": patch.body.text_at("kind"),
        "name": patch.body.text_at("metadata", "name"),
    }
    wanted = " ".join(names[field] for field in ("kind", "name") if field in names)
    near = get_close_matches(wanted, [str(each) for each in resources], 1)
    remedy = f"Did you mean {near[0]}?" if near else "Name an object that resources has"
    if patch.target is not None and patch.path[0] == "patches":
        what = f"the target {wanted or 'of this patch'} fits none of the resources"
        at.warn((*patch.path, "target"), what, "the patch changes nothing", remedy)
        return
    place = at.node(*patch.path).place if patch.target else patch.body.place
    what = f"the patch is for {wanted}, which is not among the resources"
    at.findings.append(told_at(place, at.folder, what, remedy, patch.path))
