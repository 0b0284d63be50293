"""The line of a person's file that a finding means, with a caret under the field.

Nothing of a Secret is shown: what a build prints is read by many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gossamer.manifests.secrecy import is_private_field
from gossamer.manifests.secret_lines import secret_lines

_WIDEST = 160
_HIDDEN = "(not shown: it may hold a secret)"


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's lines, and those of them that are nobody else's to read."""

    lines: tuple[str, ...]
    hidden: tuple[range, ...]


def source_line(file: str, number: int, field: str) -> Iterator[str]:
    """The line and its caret, or that it is not shown; nothing where the file is not at hand."""
    text = _text_of(Path(file))
    if not 1 <= number <= len(text.lines):
        return
    if is_private_field(field) or any(number in lines for lines in text.hidden):
        yield f"  {number:>5} | {_HIDDEN}"
        return
    line = text.lines[number - 1]
    at = _column(line, field)
    first = max(0, at - _WIDEST // 2) if len(line) > _WIDEST else 0
    yield f"  {number:>5} | {line[first : first + _WIDEST]}"
    yield f"  {'':>5} | {' ' * (at - first)}^"


@lru_cache(maxsize=4)
def _text_of(path: Path) -> _Text:
    """A file read once for all the findings on it."""
    try:
        raw = path.read_bytes() if path.is_file() else b""
    except OSError:
        return _Text((), ())
    lines = raw.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _Text(tuple(lines), secret_lines(raw))


def _column(text: str, field: str) -> int:
    """Where the field's name stands in its line, if it does once; else where the text begins."""
    name = re.sub(r"\[[^]]*\]", "", field).rpartition(".")[2]
    columns = [each.start() for each in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    return columns[0] if name and len(columns) == 1 else len(text) - len(text.lstrip())
