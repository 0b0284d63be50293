"""The rim where a command's words reach the terminal: text, JSON for programs, aligned columns.

Names, values and file names come from other people, and a terminal obeys control characters: an
ESC could rewrite what was said above it, a bidi override show a name backwards. So all text is
written by `say`, which shows such characters instead of sending them. JSON and YAML carry them as
escapes of their own, which mean the same to a program. Only what an application wrote itself
(`logs`, `exec`) is passed on as it is, as kubectl does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def visible(text: str) -> str:
    """The text with its control characters shown: `\\x1b` for an escape, `\\u202e` for a bidi
    override. Newlines and tabs stay."""
    return _UNSAFE.sub(lambda match: _shown(match[0]), text)


def one_line(text: object) -> str:
    """The same for what must stay on one line, so that nobody's value can feign a line of ours."""
    return visible(str(text)).replace("\n", "\\n")


def say(text: str = "", *, err: bool = False, end: str = "\n") -> None:
    """Write to standard output, or standard error."""
    click.echo(visible(text) + end, nl=False, err=err)


def pass_on(raw: bytes) -> None:
    """Write what an application wrote, as it is."""
    click.echo(raw, nl=False)


def print_json(value: Any) -> None:
    """One JSON value, indented."""
    import json

    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def print_yaml(documents: Iterable[Any], *, sort_keys: bool = False) -> None:
    """YAML documents; characters beyond ASCII as they are, where all of them are safe to show."""
    import yaml

    held = list(documents)
    text = yaml.safe_dump_all(held, sort_keys=sort_keys, allow_unicode=True)
    if _UNSAFE.search(text):
        text = yaml.safe_dump_all(held, sort_keys=sort_keys, allow_unicode=False)
    click.echo(text, nl=False)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell; None shows as `-`."""
    table = [tuple(heads), *(tuple("-" if c is None else one_line(c) for c in row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip())


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
