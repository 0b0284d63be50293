"""Where something is written, for people: file:line, object, field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def place_words(place: Mapping[str, Any]) -> str:
    """A place of an answer in one line."""
    if place["object"] is None:
        return "(a default of the mesh)"
    file = place["file"] or "(no file)"
    line = f"{file}:{place['line']}" if place["line"] else file
    return f"{line}  {place['object']}  {place['field']}".rstrip()
