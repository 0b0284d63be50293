"""`configMapGenerator` and `secretGenerator`: objects made of literals, files and .env files."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path
from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import FieldNode, Place, created, placed
from gossamer.render.kustomize.resource import KustomizedObject, Resources

_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}
_BEHAVIORS = ("create", "replace", "merge")
Contents = dict[str, tuple[bytes, Place]]


def generated(resources: Resources, at: Kustomization) -> Resources:
    """The resources with those that the generators make, or merge into one that is there."""
    general = _options(at.fields.child("generatorOptions"))
    for field, kind in _GENERATORS.items():
        for entry in at.fields.each(field):
            generated_object = _made(entry, kind, general, at)
            resources = _placed(resources, generated_object, entry, at)
    return resources


def _made(
    entry: Fields, kind: str, general: Mapping[str, FieldNode], at: Kustomization
) -> KustomizedObject:
    name, place = entry.string("name", required=True) or "", at.node(*entry.path).place
    namespace, type_ = entry.string("namespace", ""), entry.string("type", "Opaque")
    contents = dict(_contents(entry, at))
    own = _options(entry.child("options"))
    body = placed({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}, place)
    if namespace:
        body = created(body, ("metadata", "namespace"), placed(namespace, place))
    for key, (raw, where) in contents.items():
        body = _with_key(body, kind, key, placed(raw, where))
    if kind == "Secret":
        body = body.put("type", placed(type_, place))
    return _with_options(KustomizedObject(body), (general, own), entry)


def _with_key(body: FieldNode, kind: str, key: str, content: FieldNode) -> FieldNode:
    raw: bytes = content.value
    encoded = base64.b64encode(raw).decode()
    if kind == "Secret":
        return created(body, ("data", key), placed(encoded, content.place))
    try:
        return created(body, ("data", key), placed(raw.decode(), content.place))
    except UnicodeDecodeError:
        return created(body, ("binaryData", key), placed(encoded, content.place))


def _options(fields: Fields) -> dict[str, FieldNode]:
    """What options say, with their places; types are checked by the cursor."""
    fields.boolean("disableNameSuffixHash")
    fields.boolean("immutable")
    for name in ("labels", "annotations"):
        fields.string_map(name)
    values = {name: fields.value(name) for name in fields.names()}
    return {name: placed(value, _place(fields, name)) for name, value in values.items()}


def _place(fields: Fields, name: str) -> Place:
    return fields.manifest.source.file, fields.line(name) or 1


def _with_options(
    plain: KustomizedObject, options: tuple[Mapping[str, FieldNode], ...], entry: Fields
) -> KustomizedObject:
    """With what the general options say, then the entry's own; either may switch the hash off."""
    body, hashed = plain.body, True
    for each in options:
        for name in ("labels", "annotations"):
            for key, node in (each[name].fields if name in each else {}).items():
                body = created(body, ("metadata", name, key), node)
        if "immutable" in each and each["immutable"].value is True:
            body = body.put("immutable", each["immutable"])
        off = each.get("disableNameSuffixHash")
        hashed = hashed and (off is None or off.value is not True)
    behavior = entry.one_of("behavior", _BEHAVIORS, "create")
    return replace(plain, body=body, hashed=hashed, behavior=behavior)


def _contents(entry: Fields, at: Kustomization) -> Iterator[tuple[str, tuple[bytes, Place]]]:
    """Each key with its content, and where it is said: for a file the line that names it."""
    for index, text in enumerate((*entry.strings("envs"), entry.string("env", ""))):
        path: Path = (*entry.path, *(("envs", index) if entry.has("envs") else ("env",)))
        if text and (content := at.read(text, path)):
            place = at.node(*path).place
            yield from ((key, (value.encode(), place)) for key, value in _variables(content[1]))
    for index, text in enumerate(entry.strings("files")):
        path = (*entry.path, "files", index)
        key, sign, file = text.partition("=")
        if content := at.read(file if sign else text, path):
            yield key if sign else posixpath.basename(text), (content[1], at.node(*path).place)
    for index, text in enumerate(entry.strings("literals")):
        path = (*entry.path, "literals", index)
        key, sign, value = text.partition("=")
        if sign:
            yield key, (_unquoted(value).encode(), at.node(*path).place)
        else:
            at.tell(path, f"the literal {key[:20]!r} has no =", "Write NAME=VALUE")


def _variables(raw: bytes) -> Iterator[tuple[str, str]]:
    for line in raw.decode(errors="replace").splitlines():
        name, sign, value = line.lstrip().partition("=")
        if sign and not name.startswith("#"):
            yield name, value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] in ("'", '"') else value


def _placed(
    resources: Resources, generated_object: KustomizedObject, entry: Fields, at: Kustomization
) -> Resources:
    """With what was made: as one more, or in the one that `behavior` merges it into."""
    same = [each for each in resources if _is_same(each, generated_object)]
    if generated_object.behavior == "create":
        if same:
            what = f"{generated_object} is made here, and is among the resources already"
            at.tell(entry.path, what, "Set behavior: merge or replace, or another name")
        return (*resources, generated_object)
    if not same:
        what = (
            f"behavior is {generated_object.behavior}, but there is no {generated_object} "
            "among the resources"
        )
        at.tell(entry.path, what, "Set behavior: create, or list the folder that makes it")
        return resources
    return tuple(_joined(each, generated_object) if each in same else each for each in resources)


def _is_same(one: KustomizedObject, other: KustomizedObject) -> bool:
    if one.kind != other.kind or not any(each.name == other.name for each in one.names):
        return False
    return not other.namespace or any(each.namespace == other.namespace for each in one.names)


def _joined(base: KustomizedObject, generated_object: KustomizedObject) -> KustomizedObject:
    body = base.body
    for field in ("data", "binaryData"):
        if generated_object.behavior == "replace":
            body = body.without(field)
        for key, node in (generated_object.body.at(field) or placed({}, body.place)).fields.items():
            body = created(body, (field, key), node)
    for field in ("labels", "annotations"):
        for key, node in (
            generated_object.body.at("metadata", field) or placed({}, body.place)
        ).fields.items():
            body = created(body, ("metadata", field, key), node)
    return replace(base, body=body, hashed=base.hashed and generated_object.hashed)
