"""Lists of objects into the objects, each with a text of its own that keeps its lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gossamer.manifests.manifest import Lines
from gossamer.manifests.yaml.scalars import BareWord


def is_list(body: Mapping[str, Any]) -> bool:
    """Whether this is a `List`, or any `KINDList` with items."""
    kind = body.get("kind")
    return isinstance(kind, str) and kind.endswith("List") and isinstance(body.get("items"), tuple)


def unfold(body: Mapping[str, Any], lines: Lines) -> Iterator[tuple[Any, Lines]]:
    """Each item and its lines; an item of a typed list may leave its type to the list."""
    places = _inside(_inside(lines, "items"), None)
    for at, item in enumerate(body["items"]):
        place = places[at] if at < len(places) else lines
        yield _typed(item, body), place


def _typed(item: Any, body: Mapping[str, Any]) -> Any:
    kind = str(body["kind"])
    if not isinstance(item, Mapping) or kind == "List":
        return item
    own = {"apiVersion": body.get("apiVersion"), "kind": kind.removesuffix("List")}
    return MappingProxyType({**own, **item})


def _inside(lines: Any, key: str | None) -> Any:
    if isinstance(lines, int):
        return ()
    return lines[1] if key is None else lines[1].get(key, ())


def text_of(value: Any, lines: Lines) -> str:
    """The value as flow YAML, broken so that every field stands on the line it had.

    Read again from the line it starts on, it gives the same lines.
    """
    writer = _Writer(lines if isinstance(lines, int) else lines[0])
    writer.write(value, lines)
    return "".join(writer.text) + "\n"


class _Writer:
    def __init__(self, line: int) -> None:
        self.text: list[str] = []
        self._line = line

    def write(self, value: Any, lines: Any) -> None:
        if isinstance(value, Mapping):
            self._mapping(value, lines)
        elif isinstance(value, tuple):
            self._sequence(value, lines)
        else:
            is_bare = isinstance(value, BareWord)
            self.text.append(value if is_bare else json.dumps(value, ensure_ascii=False))

    def _mapping(self, value: Mapping[str, Any], lines: Any) -> None:
        places = {} if isinstance(lines, int) else lines[1]
        self.text.append("{")
        for key, inside in value.items():
            self._go_to(places.get(key))
            self.text.append(f"{json.dumps(key, ensure_ascii=False)}: ")
            self.write(inside, places.get(key, 0))
            self.text.append(", ")
        self.text.append("}")

    def _sequence(self, value: tuple[Any, ...], lines: Any) -> None:
        places = () if isinstance(lines, int) else lines[1]
        self.text.append("[")
        for at, inside in enumerate(value):
            place = places[at] if at < len(places) else 0
            self._go_to(place)
            self.write(inside, place)
            self.text.append(", ")
        self.text.append("]")

    def _go_to(self, lines: Any) -> None:
        line = lines if isinstance(lines, int) else lines[0] if lines else 0
        if line > self._line:
            self.text.append("\n" * (line - self._line))
            self._line = line
