"""Annotations and labels for the mesh that have no effect: misspelt, or at a wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from gossamer.dialects.kubernetes.annotations.known import ELSEWHERE_TOO, OURS, WORDS, Place
from gossamer.manifests.manifest import Manifest, Path
from gossamer.model.finding import Finding, Severity

_TEMPLATES: dict[str, Path] = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template"),
    ),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_PLACES = {"Pod": Place.POD, "Service": Place.SERVICE, "Namespace": Place.NAMESPACE}
_FIELDS = ("annotations", "labels")
_NO_EFFECT = "the mesh does not read it there"


def unheard(manifest: Manifest) -> Iterator[Finding]:
    """What is said to the mesh in the metadata of an object, or of its pods, in vain."""
    yield from _at(manifest, (), _PLACES.get(manifest.kind))
    if manifest.kind in _TEMPLATES:
        yield from _at(manifest, _TEMPLATES[manifest.kind], Place.POD)


def said_of_pods(manifest: Manifest) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Annotations and labels of a pod, or of the pods that an object makes, with their paths."""
    stanza = () if manifest.kind == "Pod" else _TEMPLATES.get(manifest.kind)
    if stanza is not None:
        for field in _FIELDS:
            path = (*stanza, "metadata", field)
            yield path, _mapping(manifest.body, path)


def _at(manifest: Manifest, stanza: Path, place: Place | None) -> Iterator[Finding]:
    for field in _FIELDS:
        path = (*stanza, "metadata", field)
        for name in _mapping(manifest.body, path):
            misplacement = _about(name, place) or _not_a_label(name, field)
            if misplacement:
                yield Finding(
                    manifest.origin((*path, name)),
                    misplacement[0],
                    _NO_EFFECT,
                    misplacement[1],
                    "unknown-annotation" if name not in WORDS else "misplaced-annotation",
                    Severity.WARNING,
                )


def _about(name: str, place: Place | None) -> tuple[str, str] | None:
    """What is wrong with a word at a place, and what to do; None where nothing is."""
    heard = WORDS.get(name)
    if heard is None:
        return _unknown(name)
    places = (heard, *ELSEWHERE_TOO.get(name, ()))
    if place in places or Place.ANY in places:
        return None
    return f"{name} has no effect here: it is for {heard}", f"Write it on {heard}"


def _not_a_label(name: str, field: str) -> tuple[str, str] | None:
    if name == "istio-injection" and field == "annotations":
        return f"{name} is read as a label, and this is an annotation", "Write it under labels"
    return None


def _unknown(name: str) -> tuple[str, str] | None:
    prefix, slash, _ = name.rpartition("/")
    if slash and prefix in OURS:
        near = get_close_matches(name, list(WORDS), 1, 0.7)
        remedy = f"Did you mean {near[0]}?" if near else "Remove it, or check its spelling"
        return f"{name} is not a known word of the mesh", remedy
    return None


def _mapping(body: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    value: Any = body
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
