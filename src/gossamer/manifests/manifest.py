"""One declared object as its author wrote it, and where each of its fields stands.

A `Manifest` is what every dialect reads. Its body is deeply immutable: mappings are read-only
views, sequences are tuples. The place of each field lies beside it in `source`, which is left
out of comparisons: the same object moved by ten lines is an equal manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from gossamer.model.origin import ObjectRef, Origin

Path: TypeAlias = tuple[str | int, ...]
"""The way to a field from the top of its object: ("spec", "http", 0, "route")."""

Lines: TypeAlias = "int | tuple[int, Mapping[str, Lines] | Sequence[Lines]]"
"""The line of a value and, for a mapping or sequence, of all inside it. Lines count from 1."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return NOTHING


@dataclass(frozen=True, slots=True)
class Source:
    """Where a manifest was read: file, the document's number in it (from 0), and its lines.

    `first_line` is the line that the manifest's own text starts on. Of a rendered document
    `places` has the file and line that each of its lines comes from.
    """

    file: str
    document: int = 0
    lines: Lines = 1
    first_line: int = 1
    places: tuple[tuple[str, int], ...] = ()

    def line(self, path: Path = ()) -> int | None:
        """The line of `path`, or of the nearest parent that exists; None outside any text."""
        return self.place(path)[1]

    def place(self, path: Path = ()) -> tuple[str, int | None]:
        """The file and line of `path`: of a rendered document, where its author wrote it."""
        line, at = self._line(path), 0
        if self.places and line is not None:
            at = line - self.first_line
        return self.places[at] if 0 <= at < len(self.places) else (self.file, line)

    def _line(self, path: Path) -> int | None:
        node = self.lines
        for step in path:
            if isinstance(node, int):
                break
            inside = node[1]
            try:
                node = inside[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                break
        line = node if isinstance(node, int) else node[0]
        return line or None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: its names, its whole body, its own text and its source.

    `namespace` is "default" where a namespaced object names none and "" for cluster-scoped kinds.
    `text` is this object's own YAML, from line `source.first_line` of `source.file` on: read
    again with that `first_line` it gives an equal manifest with equal lines. `created` is
    `metadata.creationTimestamp` in microseconds since 1970.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=_nothing, hash=False)
    annotations: Mapping[str, str] = field(default_factory=_nothing, hash=False)
    body: Mapping[str, Any] = field(default_factory=_nothing, hash=False)
    created: int | None = None
    text: str = field(default="", compare=False, repr=False)
    source: Source = field(default=Source("(no file)", lines=0), compare=False, repr=False)

    @property
    def group(self) -> str:
        """The API group: "" for core kinds such as Service."""
        return self.api_version.rpartition("/")[0]

    @property
    def group_kind(self) -> str:
        """`networking.istio.io/VirtualService`, or just `Service` for core kinds."""
        return f"{self.group}/{self.kind}" if self.group else self.kind

    @property
    def ref(self) -> ObjectRef:
        """The object as people name it."""
        return ObjectRef(self.kind, self.namespace, self.name, self.group)

    def origin(self, path: Path = ()) -> Origin:
        """The origin of one of its fields, for findings and explanations."""
        file, line = self.source.place(path)
        return Origin(self.ref, file, line, dotted(path))


def dotted(path: Path) -> str:
    """The path as people write it: `spec.http[0].route`, `metadata.labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def quoted(value: Any) -> str:
    """The value as a message quotes it: short, on one line, and telling 5 from "5"."""
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, tuple):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:56]}…{text[-1]}"


def plain(value: Any) -> Any:
    """The value as ordinary dicts and lists, ready for a JSON encoder."""
    if isinstance(value, Mapping):
        return {key: plain(inside) for key, inside in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inside) for inside in value]
    return str(value) if isinstance(value, str) else value
