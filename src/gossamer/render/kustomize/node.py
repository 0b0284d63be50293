"""Values that know where they were written: a field keeps its file and line through overlays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from gossamer.manifests.manifest import Lines

Place: TypeAlias = tuple[str, int]
"""A file, and a line in it that counts from 1."""

EACH = "[]"
"""The step of a path that means every item of a list."""


@dataclass(frozen=True, slots=True)
class FieldNode:
    """A mapping of nodes, a tuple of nodes, or a scalar; with its place."""

    value: Any
    place: Place

    @property
    def fields(self) -> Mapping[str, FieldNode]:
        """The fields of a mapping; none where it is something else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> tuple[FieldNode, ...]:
        """The items of a list; none where it is something else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def text(self) -> str:
        """A scalar as text; empty where it is none."""
        return str(self.value) if isinstance(self.value, str | int | float) else ""

    def at(self, *path: str) -> FieldNode | None:
        """The node at a path of fields."""
        node: FieldNode | None = self
        for step in path:
            node = node.fields.get(step) if node else None
        return node

    def text_at(self, *path: str) -> str:
        """The text at a path; empty where there is none."""
        node = self.at(*path)
        return node.text if node else ""

    def of(self, value: Mapping[str, FieldNode] | Iterable[FieldNode]) -> FieldNode:
        """Other fields or items at the same place."""
        if isinstance(value, Mapping):
            return FieldNode(MappingProxyType(dict(value)), self.place)
        return FieldNode(tuple(value), self.place)

    def put(self, name: str, node: FieldNode) -> FieldNode:
        """With one field set; a field that there was stays where it stood."""
        return self.of({**self.fields, name: node})

    def without(self, name: str) -> FieldNode:
        """With one field less."""
        return self.of({key: node for key, node in self.fields.items() if key != name})


Edit: TypeAlias = Callable[[FieldNode], FieldNode]


def node_of(value: Any, lines: Lines, file: str) -> FieldNode:
    """A value and its lines, as YAML is read, as one node."""
    line, inside = (lines, None) if isinstance(lines, int) else lines
    if isinstance(value, Mapping):
        places = inside if isinstance(inside, Mapping) else {}
        fields = {key: node_of(each, places.get(key, line), file) for key, each in value.items()}
        return FieldNode(MappingProxyType(fields), (file, line))
    if isinstance(value, tuple):
        rows = inside if isinstance(inside, list | tuple) else [line] * len(value)
        items = (node_of(each, row, file) for each, row in zip(value, rows, strict=True))
        return FieldNode(tuple(items), (file, line))
    return FieldNode(value, (file, line))


def plain(node: FieldNode) -> Any:
    """The value alone, as dicts, lists and scalars."""
    if isinstance(node.value, Mapping):
        return {key: plain(each) for key, each in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(each) for each in node.value]
    return node.value


def placed(value: Any, place: Place) -> FieldNode:
    """A value of dicts, lists and scalars, all of it at one place."""
    if isinstance(value, Mapping):
        return FieldNode(MappingProxyType({k: placed(v, place) for k, v in value.items()}), place)
    if isinstance(value, list | tuple):
        return FieldNode(tuple(placed(each, place) for each in value), place)
    return FieldNode(value, place)


def edited(node: FieldNode, path: tuple[str, ...], edit: Edit) -> FieldNode:
    """With what is at the path edited; a path that leads nowhere changes nothing."""
    if not path:
        return edit(node)
    step, rest = path[0], path[1:]
    if step == EACH:
        return node.of(edited(each, rest, edit) for each in node.items) if node.items else node
    inside = node.fields.get(step)
    return node if inside is None else node.put(step, edited(inside, rest, edit))


def created(node: FieldNode, path: tuple[str, ...], value: FieldNode) -> FieldNode:
    """With the value at a path of fields; what is missing on the way is made."""
    if not path:
        return value
    inside = node.fields.get(path[0])
    if inside is None or inside.value is None:
        inside = placed({}, value.place)
    return node.put(path[0], created(inside, path[1:], value))
