"""A kustomization.yaml carried out: what it lists, then what it makes, then what it changes.

The order is Kustomize's own: resources, generators, components, and the features that change
objects one after the other (`_STEPS`). Hashes and variables come last, once for the whole.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gossamer.manifests.manifest import Path
from gossamer.manifests.refusal import DocumentRefused
from gossamer.model.finding import Finding, Severity
from gossamer.render.kustomize.followed import followed
from gossamer.render.kustomize.generators import generated
from gossamer.render.kustomize.hashes import hashed_name
from gossamer.render.kustomize.kustomization import (
    NAMES,
    NOTHING_READ,
    FileTree,
    Kustomization,
    read_kustomization,
    told_at,
)
from gossamer.render.kustomize.node import FieldNode
from gossamer.render.kustomize.patch.patches import json_patches, patches, strategic_patches
from gossamer.render.kustomize.resource import KustomizedObject, Resources
from gossamer.render.kustomize.transform.images import images
from gossamer.render.kustomize.transform.labels import common_annotations, common_labels
from gossamer.render.kustomize.transform.naming import affixes, namespace
from gossamer.render.kustomize.transform.replacements import replacements
from gossamer.render.kustomize.transform.replicas import replicas
from gossamer.render.kustomize.transform.variables import Variable, declared, resolved

_DEEPEST = 32
_STEPS: tuple[Callable[[Resources, Kustomization], Resources], ...] = (
    strategic_patches,
    patches,
    namespace,
    affixes,
    common_labels,
    common_annotations,
    json_patches,
    replicas,
    images,
    replacements,
)
_EFFECT = "the folder cannot be rendered as its author means it, and nothing of it is used"
_RENDER = "Render it with kustomize: kustomize build FOLDER | gossamer COMMAND -f -"
_NOT_SUPPORTED: Mapping[str, str] = {
    "configurations": "Remove it, or render the folder with kustomize",
    "crds": _RENDER,
    "generators": _RENDER,
    "helmChartInflationGenerator": "Give what the chart renders: helm template NAME CHART",
    "helmCharts": "Give what the chart renders: helm template NAME CHART",
    "helmGlobals": "Give what the chart renders: helm template NAME CHART",
    "inventory": _RENDER,
    "openapi": _RENDER,
    "transformers": _RENDER,
    "validators": _RENDER,
}
_NO_EFFECT = ("sortOptions", "buildMetadata")


@dataclass(slots=True)
class _Rendering:
    """One rendering of a folder and all that it stands on."""

    disk: FileTree
    findings: list[Finding]
    variables: list[Variable] = field(default_factory=list)


def build(folder: str, disk: FileTree) -> tuple[tuple[FieldNode, ...], tuple[Finding, ...]]:
    """The objects that a folder with a kustomization.yaml stands for, and what is reported of it.

    With an error among the findings there are no objects.
    """
    rendering = _Rendering(disk, [])
    resources: Resources = ()
    top = read_kustomization(folder, disk, rendering.findings)
    if top is not None:
        resources = _accumulated(top, (), (folder,), rendering)
        resources = followed(tuple(map(_with_hash, resources)))
        resources = resolved(resources, tuple(rendering.variables))
    findings = tuple(dict.fromkeys(map(_as_error, rendering.findings)))
    failed = any(each.severity is Severity.ERROR for each in findings)
    return () if failed else tuple(each.body for each in resources), findings


def _as_error(finding: Finding) -> Finding:
    """Kustomize refuses a field that it does not know, so that a misspelt one is not lost."""
    if finding.code != "unknown-field":
        return finding
    return replace(finding, severity=Severity.ERROR, effect=NOTHING_READ)


def _with_hash(each: KustomizedObject) -> KustomizedObject:
    return each.renamed(hashed_name(each)) if each.hashed else each


def _accumulated(
    at: Kustomization, given: Resources, way: tuple[str, ...], rendering: _Rendering
) -> Resources:
    """What a folder makes of itself; a component also of what the folder that uses it has."""
    _tell_other_features(at)
    resources = given
    for name in ("resources", "bases"):
        for index, text in enumerate(at.fields.strings(name)):
            more = _listed(at, text, (name, index), way, rendering)
            resources = _joined(resources, more, at, (name, index))
    resources = generated(resources, at)
    for index, text in enumerate(at.fields.strings("components")):
        resources = _component(at, text, ("components", index), way, resources, rendering)
    for step in _STEPS:
        resources = step(resources, at)
    rendering.variables += declared(at)
    at.fields.unknown()
    return followed(resources)


def _tell_other_features(at: Kustomization) -> None:
    for name, remedy in _NOT_SUPPORTED.items():
        at.not_supported(name, _EFFECT, remedy.replace("FOLDER", at.folder))
    at.fields.skip(*_NO_EFFECT)


def _joined(resources: Resources, more: Resources, at: Kustomization, path: Path) -> Resources:
    """All of them; an object that is there already is reported."""
    known = {(each.group, each.kind, each.current) for each in resources}
    for each in more:
        if (each.group, each.kind, each.current) in known:
            what = f"{each} is among the resources already"
            at.tell(path, what, "List it once, or give one of them another name")
    return (*resources, *more)


def _listed(
    at: Kustomization, text: str, path: Path, way: tuple[str, ...], rendering: _Rendering
) -> Resources:
    """The objects of one entry of `resources`: a file, or a folder with its own kustomization."""
    if at.is_remote(text, path):
        return ()
    if at.disk.is_folder(at.path(text)):
        below = _below(at, text, path, way, rendering)
        return _accumulated(below, (), (*way, below.folder), rendering) if below else ()
    read = at.read(text, path)
    if read is None:
        return ()
    if posixpath.basename(text) in NAMES:
        at.tell(path, f"{text} is a kustomization.yaml itself", "Name its folder")
        return ()
    try:
        return tuple(_objects(at, *read, path))
    except DocumentRefused as refused:
        at.findings.append(
            told_at((read[0], refused.line), at.folder, refused.message, refused.remedy)
        )
        return ()


def _below(
    at: Kustomization, text: str, path: Path, way: tuple[str, ...], rendering: _Rendering
) -> Kustomization | None:
    folder = at.path(text)
    if folder in way or len(way) > _DEEPEST:
        circle = " -> ".join((*way[way.index(folder) :], folder)) if folder in way else folder
        at.tell(path, f"these folders build on each other: {circle}", "Break the circle")
        return None
    origin = at.fields.manifest.origin(path)
    return read_kustomization(folder, at.disk, rendering.findings, origin)


def _component(
    at: Kustomization,
    text: str,
    path: Path,
    way: tuple[str, ...],
    resources: Resources,
    rendering: _Rendering,
) -> Resources:
    if at.is_remote(text, path):
        return resources
    below = _below(at, text, path, way, rendering)
    if below is None:
        return resources
    return _accumulated(below, resources, (*way, below.folder), rendering)


def _objects(at: Kustomization, name: str, raw: bytes, path: Path) -> Iterator[KustomizedObject]:
    for node in at.nodes(name, raw, path):
        for each in _unfolded(node):
            if each.at("kind") and each.at("apiVersion") and each.text_at("metadata", "name"):
                yield KustomizedObject(each)
            else:
                what = "this is not an object: it has no apiVersion, kind or metadata.name"
                remedy = "Write those fields, or take the file out of resources"
                at.findings.append(told_at(each.place, at.folder, what, remedy))


def _unfolded(node: FieldNode) -> Iterator[FieldNode]:
    """The items of a List, else the object itself."""
    items = node.at("items")
    if node.text_at("kind").endswith("List") and items is not None:
        yield from items.items
    else:
        yield node
