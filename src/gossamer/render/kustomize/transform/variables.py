"""`vars`, which Kustomize has deprecated and published examples still use: `$(NAME)` in pods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from gossamer.render.kustomize.field_path import found, steps_of
from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import EACH, FieldNode, edited, placed
from gossamer.render.kustomize.references import pod_spec
from gossamer.render.kustomize.resource import KustomizedObject, Resources, each_changed

_VARIABLE = re.compile(r"\$\(([-._a-zA-Z0-9]+)\)")
_IN_CONTAINER: tuple[tuple[str, ...], ...] = (
    ("args", EACH),
    ("command", EACH),
    ("env", EACH, "value"),
    ("volumeMounts", EACH, "mountPath"),
)
_HOSTS: tuple[tuple[str, ...], ...] = (
    ("spec", "rules", EACH, "host"),
    ("spec", "tls", EACH, "hosts", EACH),
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name, and the field of an object whose value it stands for."""

    name: str
    kind: str
    object: str
    field: str
    at: Kustomization
    index: int


def declared(at: Kustomization) -> tuple[Variable, ...]:
    """The variables that one file declares."""
    variables = []
    for index, entry in enumerate(at.fields.each("vars")):
        of, field = entry.child("objref", required=True), entry.child("fieldref")
        of.skip("apiVersion", "group", "version", "namespace")
        name, path = entry.string("name", required=True), field.string("fieldpath", "metadata.name")
        kind, object_ = of.string("kind", required=True), of.string("name", required=True)
        variables.append(Variable(name or "", kind or "", object_ or "", path, at, index))
    return tuple(variables)


def resolved(resources: Resources, variables: tuple[Variable, ...]) -> Resources:
    """The resources with every `$(NAME)` of a variable replaced where a pod reads it."""
    values = {each.name: node for each in variables if (node := _value(resources, each))}
    return each_changed(resources, partial(_filled, values)) if values else resources


def _value(resources: Resources, variable: Variable) -> FieldNode | None:
    for each in resources:
        if each.kind == variable.kind and any(n.name == variable.object for n in each.names):
            for node in found(each.body, steps_of(variable.field)):
                return node
    what = f"the variable {variable.name} is {variable.field} of {variable.kind} {variable.object}"
    path = ("vars", variable.index)
    variable.at.tell(path, f"{what}, which is not there", "Name an object and a field it has")
    return None


def _filled(values: Mapping[str, FieldNode], each: KustomizedObject) -> FieldNode:
    body, spec = each.body, pod_spec(each.kind)
    for containers in ("containers", "initContainers") if spec else ():
        for path in _IN_CONTAINER:
            steps = (*(spec or ()), containers, EACH, *path)
            body = edited(body, steps, partial(_text, values))
    for path in _HOSTS if each.kind == "Ingress" else ():
        body = edited(body, path, partial(_text, values))
    return body


def _text(values: Mapping[str, FieldNode], node: FieldNode) -> FieldNode:
    def put(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return value.text if value else match[0]

    if not isinstance(node.value, str) or not _VARIABLE.search(node.value):
        return node
    whole = _VARIABLE.fullmatch(node.value)
    if whole and whole[1] in values:
        return placed(values[whole[1]].text, node.place)
    return placed(_VARIABLE.sub(put, node.value), node.place)
