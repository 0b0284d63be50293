"""Which resources a patch or a replacement is for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gossamer.manifests.fields import Fields
from gossamer.render.kustomize.node import FieldNode
from gossamer.render.kustomize.resource import KustomizedObject

_NAMES = ("group", "version", "kind", "name", "namespace")
_TERM = re.compile(r"\s*([^\s=!,()]+)\s*(==|=|!=)\s*([^\s,()]*)\s*")


def read_target(fields: Fields) -> Mapping[str, str]:
    """What a selector says, by its fields; everything is a pattern but labels and annotations."""
    words = (*_NAMES, "labelSelector", "annotationSelector")
    return {name: text for name in words if (text := fields.string(name, ""))}


def selects(target: Mapping[str, str], resource: KustomizedObject) -> bool:
    """Whether a resource, by any of its names, is one that the target means."""
    return (
        _fits(target, "group", resource.group)
        and _fits(target, "version", resource.version)
        and _fits(target, "kind", resource.kind)
        and any(_fits(target, "name", each.name) for each in resource.names)
        and any(_fits(target, "namespace", each.namespace) for each in resource.names)
        and _has(target.get("labelSelector", ""), resource.body.at("metadata", "labels"))
        and _has(target.get("annotationSelector", ""), resource.body.at("metadata", "annotations"))
    )


def _fits(target: Mapping[str, str], name: str, text: str) -> bool:
    pattern = target.get(name)
    if not pattern:
        return True
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text


def _has(selector: str, words: FieldNode | None) -> bool:
    """Whether labels fit `a=b,c!=d,e,!f`."""
    given = {key: node.text for key, node in words.fields.items()} if words else {}
    return all(_holds(term.strip(), given) for term in selector.split(",") if term.strip())


def _holds(term: str, given: Mapping[str, str]) -> bool:
    if compared := _TERM.fullmatch(term):
        name, sign, value = compared.groups()
        return (given.get(name) == value) is (sign != "!=")
    return term[1:].strip() not in given if term.startswith("!") else term in given
