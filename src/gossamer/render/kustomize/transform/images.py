"""`images`: other names, tags and digests for the images of containers, whatever kind has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from gossamer.manifests.fields import Fields
from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import FieldNode, Place, placed
from gossamer.render.kustomize.resource import KustomizedObject, Resources, each_changed

_LISTS = ("containers", "initContainers")
_REFERENCE = re.compile(r"(?P<name>.*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


@dataclass(frozen=True, slots=True)
class NewImage:
    """What becomes of one image; empty words leave that part as it is."""

    name: str
    new_name: str
    tag: str
    suffix: str
    digest: str
    place: Place


def images(resources: Resources, at: Kustomization) -> Resources:
    """The resources with their images changed; each part comes from where `images` says it."""
    for entry in at.fields.each("images"):
        new = _read(entry, at)
        before, resources = resources, each_changed(resources, partial(_renewed, new))
        if all(old.body is after.body for old, after in zip(before, resources, strict=True)):
            what = f"no container has the image {new.name}"
            remedy = "Write the name that the containers have, without its tag"
            at.warn((*entry.path, "name"), what, "nothing is changed", remedy)
    return resources


def _read(entry: Fields, at: Kustomization) -> NewImage:
    spoken = [name for name in ("newTag", "digest", "newName", "tagSuffix") if entry.has(name)]
    place = at.node(*entry.path, *spoken[:1]).place
    return NewImage(
        entry.string("name", required=True) or "",
        entry.string("newName", ""),
        entry.string("newTag", ""),
        entry.string("tagSuffix", ""),
        entry.string("digest", ""),
        place,
    )


def _renewed(new: NewImage, each: KustomizedObject) -> FieldNode:
    return _walked(each.body, new)


def _walked(node: FieldNode, new: NewImage) -> FieldNode:
    """The node with the images of every list of containers in it changed."""
    if node.items:
        return _with_items(node, tuple(_walked(each, new) for each in node.items))
    after = {
        name: _changed_list(each, new) if name in _LISTS else _walked(each, new)
        for name, each in node.fields.items()
    }
    same = all(after[name] is each for name, each in node.fields.items())
    return node if same else node.of(after)


def _changed_list(containers: FieldNode, new: NewImage) -> FieldNode:
    return _with_items(containers, tuple(_changed(each, new) for each in containers.items))


def _with_items(node: FieldNode, items: tuple[FieldNode, ...]) -> FieldNode:
    same = all(old is after for old, after in zip(node.items, items, strict=True))
    return node if same else node.of(items)


def _changed(container: FieldNode, new: NewImage) -> FieldNode:
    image = container.text_at("image")
    parts = _REFERENCE.fullmatch(image)
    if parts is None or parts["name"] != new.name:
        return container
    return container.put("image", placed(_reference(parts, new), new.place))


def _reference(parts: re.Match[str], new: NewImage) -> str:
    name = new.new_name or parts["name"]
    tag = new.tag or parts["tag"] or ""
    digest = new.digest or ("" if new.tag else parts["digest"] or "")
    if new.digest and not new.tag:
        tag = ""
    if new.suffix and not digest:
        tag = f"{tag or 'latest'}{new.suffix}"
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
