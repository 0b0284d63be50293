"""`replacements`: a field's value copied into fields of other objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path
from gossamer.render.kustomize.field_path import changed, found, steps_of
from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import FieldNode, placed
from gossamer.render.kustomize.patch.selection import selects
from gossamer.render.kustomize.resource import KustomizedObject, Resources

_WORDS = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a text is meant: the one at `index` between delimiters, or all of it."""

    delimiter: str = ""
    index: int = 0
    create: bool = False

    def of(self, text: str) -> str:
        """The part of a source."""
        parts = text.split(self.delimiter) if self.delimiter else [text]
        return parts[self.index] if 0 <= self.index < len(parts) else ""

    def put(self, text: str, value: FieldNode) -> FieldNode:
        """The text of a target with its part replaced."""
        if not self.delimiter:
            return value
        parts = text.split(self.delimiter)
        if self.index < 0:
            parts.insert(0, value.text)
        elif self.index >= len(parts):
            parts.append(value.text)
        else:
            parts[self.index] = value.text
        return placed(self.delimiter.join(parts), value.place)


def replacements(resources: Resources, at: Kustomization) -> Resources:
    """The resources after every replacement, those in files among them."""
    for entry in at.fields.each("replacements"):
        file = entry.string("path", "")
        read = at.read(file, (*entry.path, "path")) if file else None
        inside = at.nodes(*read, entry.path) if read else iter([at.node(*entry.path)])
        entry.value("source"), entry.value("targets")
        for node in inside:
            for each in node.items or (node,):
                resources = _replaced(resources, each, at, entry)
    return resources


def _replaced(resources: Resources, node: FieldNode, at: Kustomization, entry: Fields) -> Resources:
    source = node.at("source")
    value = _source(resources, source, at, entry.path) if source else None
    if value is None:
        return resources
    targets = node.at("targets")
    for target in targets.items if targets else ():
        resources = _into(resources, target, value, at, entry.path)
    return resources


def _words(node: FieldNode | None) -> Mapping[str, str]:
    return {field: node.text_at(field) for field in _WORDS if node.at(field)} if node else {}


def _source(
    resources: Resources, source: FieldNode, at: Kustomization, path: Path
) -> FieldNode | None:
    chosen = [each for each in resources if selects(_words(source), each)]
    field = source.text_at("fieldPath") or "metadata.name"
    nodes = [node for each in chosen for node in found(each.body, steps_of(field))]
    if len(chosen) != 1 or not nodes:
        what = f"{len(chosen)} resources fit the source of this replacement; it needs one with"
        at.tell(path, f"{what} {field}", "Name one object by kind and name, and a field of it")
        return None
    part = _part(source.at("options"))
    node = nodes[0]
    return placed(part.of(node.text), node.place) if part.delimiter else node


def _part(options: FieldNode | None) -> Part:
    if options is None:
        return Part()
    index, create = options.at("index"), options.at("create")
    return Part(
        options.text_at("delimiter"),
        int(index.value) if index and isinstance(index.value, int) else 0,
        create is not None and create.value is True,
    )


def _into(
    resources: Resources, target: FieldNode, value: FieldNode, at: Kustomization, path: Path
) -> Resources:
    select, rejects = _words(target.at("select")), _rejects(target)
    chosen = [
        each
        for each in resources
        if selects(select, each) and not any(selects(reject, each) for reject in rejects)
    ]
    fields = target.at("fieldPaths")
    for field in fields.items if fields else (placed("metadata.name", target.place),):
        part = _part(target.at("options"))
        if chosen and not part.create and not any(_has(each, field.text) for each in chosen):
            what = f"no resource that this replacement is for has the field {field.text}"
            at.tell(path, what, "Check the path, or set options: {create: true}")
        resources = tuple(_put(e, field.text, value, part) if e in chosen else e for e in resources)
        chosen = [each for each in resources if selects(select, each)]
    return resources


def _rejects(target: FieldNode) -> tuple[Mapping[str, str], ...]:
    return tuple(map(_words, _items(target.at("reject"))))


def _items(node: FieldNode | None) -> Iterator[FieldNode]:
    yield from node.items if node else ()


def _has(each: KustomizedObject, field: str) -> bool:
    return any(True for _ in found(each.body, steps_of(field)))


def _put(each: KustomizedObject, field: str, value: FieldNode, part: Part) -> KustomizedObject:
    def edit(node: FieldNode) -> FieldNode:
        return part.put(node.text, value)

    return each.changed(changed(each.body, steps_of(field), edit, part.create))
