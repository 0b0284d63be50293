"""References follow their objects: whoever names one that got another name names it anew."""

from __future__ import annotations

from functools import partial

from gossamer.render.kustomize.node import FieldNode, edited, placed
from gossamer.render.kustomize.references import OBJECTS, references
from gossamer.render.kustomize.resource import KustomizedObject, Resources, each_changed

_DEFAULT = "default"


def followed(resources: Resources) -> Resources:
    """The resources with every reference to one of them by a former name put right."""
    renamed = [each for each in resources if each.former]
    return each_changed(resources, partial(_pointed, renamed)) if renamed else resources


def _pointed(renamed: list[KustomizedObject], each: KustomizedObject) -> FieldNode:
    body = each.body
    for kind, path in references(each.kind):
        targets = [other for other in renamed if other.kind == kind and _reaches(each, other)]
        if targets:
            body = edited(body, path, partial(_name, targets))
    for path in OBJECTS.get(each.kind, ()):
        body = edited(body, path, partial(_object, each, renamed))
    return body


def _reaches(each: KustomizedObject, other: KustomizedObject) -> bool:
    """Whether a reference without a namespace may mean it."""
    local = each.is_cluster_scoped or other.is_cluster_scoped
    return local or each.namespace == other.namespace


def _name(targets: list[KustomizedObject], node: FieldNode) -> FieldNode:
    """The present name of the target that had this name last; of two such nobody is meant."""
    if any(target.name == node.text for target in targets):
        return node
    steps = [(_steps_since(each, node.text), each.name) for each in targets]
    known = [(count, name) for count, name in steps if count is not None]
    names = {name for count, name in known if count == min(known)[0]}
    return placed(names.pop(), node.place) if len(names) == 1 else node


def _steps_since(target: KustomizedObject, name: str) -> int | None:
    """How many times it was renamed since it had the name; None where it never had it."""
    past = [each.name for each in reversed(target.former)]
    return past.index(name) if name in past else None


def _object(each: KustomizedObject, renamed: list[KustomizedObject], node: FieldNode) -> FieldNode:
    kind, name = node.text_at("kind"), node.at("name")
    targets = [other for other in renamed if other.kind == kind and _fits(each, node, other)]
    if not targets or name is None:
        return node
    after = _name(targets, name)
    new = next((t for t in targets if t.name == after.text), None)
    if new and node.at("namespace") and new.namespace:
        node = node.put("namespace", placed(new.namespace, node.place))
    return node.put("name", after)


def _fits(each: KustomizedObject, node: FieldNode, other: KustomizedObject) -> bool:
    namespace = node.text_at("namespace")
    if not namespace:
        return _reaches(each, other)
    return any((name.namespace or _DEFAULT) == namespace for name in other.names)
