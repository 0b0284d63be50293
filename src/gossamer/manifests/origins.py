"""The origin of each line of a rendered document, written as a comment above it.

What Kustomize or Helm makes of an author's files is text that nobody edits. Its first line says
for every line from which file and line it comes:

    # gossamer.dev/origins: {"files": ["base/web.yaml", "patch.yaml"], "at": [[0, 1], [1, 4]]}

Only Gossamer writes such a line: what people's files have of it is made void when they are read
(`voided`), so that no manifest can claim to stand in another file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[str, int]
"""A file and a line in it."""

_MARK = "# gossamer.dev/origins: "
_VOID = "# gossamer.dev-origins: "


def header(places: Sequence[Place]) -> str:
    """The comment for a document of so many lines, its own line counted."""
    files = {file: at for at, file in enumerate(dict.fromkeys(file for file, _ in places))}
    at = [[files[file], line] for file, line in places]
    return _MARK + json.dumps({"files": list(files), "at": at}, separators=(",", ":"))


def origins(text: str) -> tuple[Place, ...]:
    """The place of each line, from the header's on; empty where the text has no such header."""
    if not text.startswith(_MARK):
        return ()
    try:
        record = json.loads(text[len(_MARK) : text.index("\n")])
        return tuple((str(record["files"][file]), int(line)) for file, line in record["at"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ()


def voided(raw: bytes) -> bytes:
    """A person's file, without the power of such lines; no line moves."""
    return raw.replace(_MARK.strip().encode(), _VOID.strip().encode())
