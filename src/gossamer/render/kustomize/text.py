"""Objects as the text of one manifest file each, with the origin of every line written above it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gossamer.manifests.origins import header
from gossamer.manifests.yaml.scalars import BareWord
from gossamer.render.kustomize.node import FieldNode, Place


def text_of(objects: Iterable[FieldNode]) -> str:
    """All objects as documents of one text, a field a line."""
    return "".join(f"---\n{_document(each)}" for each in objects)


def _document(node: FieldNode) -> str:
    rows = tuple(_rows(node, "", ""))
    places = (rows[0][1], *(place for _, place in rows))  # the first is the header's own line
    return "\n".join((header(places), *(text for text, _ in rows))) + "\n"


def _rows(node: FieldNode, before: str, after: str) -> Iterator[tuple[str, Place]]:
    value = node.value
    if isinstance(value, Mapping) and value:
        yield f"{before}{{", node.place
        for key, inside in value.items():
            yield from _rows(inside, f"{_quoted(key)}: ", ",")
        yield f"}}{after}", node.place
    elif isinstance(value, tuple) and value:
        yield f"{before}[", node.place
        for inside in value:
            yield from _rows(inside, "", ",")
        yield f"]{after}", node.place
    else:
        yield f"{before}{_scalar(value)}{after}", node.place


def _scalar(value: Any) -> str:
    if isinstance(value, BareWord):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    return json.dumps(dict(value) if isinstance(value, Mapping) else value)


def _quoted(text: str) -> str:
    """A string of YAML in double quotes, on one line."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
