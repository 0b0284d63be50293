"""`commonLabels`, `labels`, `commonAnnotations`: words for objects, their pods and selectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from gossamer.manifests.fields import Fields
from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import EACH, FieldNode, created, edited
from gossamer.render.kustomize.resource import KustomizedObject, Resources, each_changed

Words = Mapping[str, FieldNode]
Steps = tuple[str, ...]

_OBJECT: Steps = ("metadata",)
_TEMPLATE: Steps = ("spec", "template", "metadata")
_CRON: Steps = ("spec", "jobTemplate", "metadata")
_CRON_PODS: Steps = ("spec", "jobTemplate", "spec", "template", "metadata")
_TEMPLATES: Mapping[str, tuple[Steps, ...]] = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"),
        (_TEMPLATE,),
    ),
    "CronJob": (_CRON, _CRON_PODS),
}
_MATCH: Steps = ("spec", "selector", "matchLabels")
_MADE_SELECTORS: Mapping[str, Steps] = {
    "Service": ("spec", "selector"),
    "ReplicationController": ("spec", "selector"),
    **dict.fromkeys(("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"), _MATCH),
}
"""Selectors that get the labels, and are made where there is none."""

_POD_SELECTOR: Steps = ("spec", "podSelector", "matchLabels")
_OTHER_SELECTORS: Mapping[str, tuple[Steps, ...]] = {
    "Job": (_MATCH,),
    "CronJob": (("spec", "jobTemplate", "spec", "selector", "matchLabels"),),
    "PodDisruptionBudget": (_MATCH,),
    "NetworkPolicy": (
        _POD_SELECTOR,
        ("spec", "ingress", EACH, "from", EACH, "podSelector", "matchLabels"),
        ("spec", "egress", EACH, "to", EACH, "podSelector", "matchLabels"),
    ),
}
"""Selectors that get the labels only where they are written."""

_TERM = ("labelSelector", "matchLabels")
_AFFINITIES: tuple[Steps, ...] = (
    *(
        ("affinity", each, f"{when}DuringSchedulingIgnoredDuringExecution", EACH, *way, *_TERM)
        for each in ("podAffinity", "podAntiAffinity")
        for when, way in (("required", ()), ("preferred", ("podAffinityTerm",)))
    ),
    ("topologySpreadConstraints", EACH, *_TERM),
)
_WITH_AFFINITY = ("Deployment", "StatefulSet")


def common_labels(resources: Resources, at: Kustomization) -> Resources:
    """`commonLabels`, then `labels`: on objects, and where they say so on pods and selectors."""
    if words := _words(at, at.fields, "commonLabels"):
        resources = _labelled(resources, words, selectors=True, templates=True)
    for entry in at.fields.each("labels"):
        words = _words(at, entry, "pairs")
        selectors = entry.boolean("includeSelectors", False)
        templates = entry.boolean("includeTemplates", False) or selectors
        if entry.has("fields"):
            entry.value("fields")
            at.tell((*entry.path, "fields"), "fields of labels is not supported yet", "Remove it")
        resources = _labelled(resources, words, selectors=selectors, templates=templates)
    return resources


def common_annotations(resources: Resources, at: Kustomization) -> Resources:
    """`commonAnnotations`: on objects and on the templates of their pods."""
    words = _words(at, at.fields, "commonAnnotations")
    return each_changed(resources, partial(_on_metadata, words, "annotations", True))


def _words(at: Kustomization, fields: Fields, name: str) -> Words:
    fields.string_map(name)
    node = at.node(*fields.path).at(name)
    return node.fields if node else {}


def _labelled(resources: Resources, words: Words, *, selectors: bool, templates: bool) -> Resources:
    resources = each_changed(resources, partial(_on_metadata, words, "labels", templates))
    return each_changed(resources, partial(_on_selectors, words)) if selectors else resources


def _on_metadata(words: Words, field: str, templates: bool, each: KustomizedObject) -> FieldNode:
    body = _with(each.body, (*_OBJECT, field), words)
    for path in _TEMPLATES.get(each.kind, ()) if templates else ():
        body = _with(body, (*path, field), words)
    if each.kind == "StatefulSet" and templates and field == "labels":
        claims = ("spec", "volumeClaimTemplates", EACH)
        body = edited(body, claims, lambda claim: _with(claim, (*_OBJECT, field), words))
    return body


def _on_selectors(words: Words, each: KustomizedObject) -> FieldNode:
    body = each.body
    if (selector_path := _MADE_SELECTORS.get(each.kind)) and _has_selector(each):
        body = _with(body, selector_path, words)
    for path in _OTHER_SELECTORS.get(each.kind, ()):
        body = edited(body, path, _adding(words))
    for path in _AFFINITIES if each.kind in _WITH_AFFINITY else ():
        body = edited(body, ("spec", "template", "spec", *path), _adding(words))
    return body


def _has_selector(each: KustomizedObject) -> bool:
    """An ExternalName leads to another host, and its Service has no pods to select."""
    return each.body.text_at("spec", "type") != "ExternalName" or bool(
        each.body.at("spec", "selector")
    )


def _with(body: FieldNode, path: Steps, words: Words) -> FieldNode:
    for key, node in words.items():
        body = created(body, (*path, key), node)
    return body


def _adding(words: Words) -> Callable[[FieldNode], FieldNode]:
    return lambda node: node.of({**node.fields, **words})
