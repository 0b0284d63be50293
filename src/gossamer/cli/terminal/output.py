"""The rim where a command's words reach the terminal: text, JSON for programs, aligned columns.

Names, values and file names come from other people, and a terminal obeys control characters: an
ESC could rewrite what was said above it, a bidi override show a name backwards. So all text is
written by `say`, which shows such characters instead of sending them. JSON and YAML carry them as
escapes of their own, which mean the same to a program. Only what an application wrote itself
(`logs`, `exec`) is passed on as it is, as kubectl does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import click

from gossamer.process.visible import UNSAFE, one_line, visible

__all__ = ["one_line", "pass_on", "print_json", "print_table", "print_yaml", "say", "visible"]


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
    click.echo(UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def print_yaml(documents: Iterable[Any], *, sort_keys: bool = False) -> None:
    """YAML documents; characters beyond ASCII as they are, where all of them are safe to show."""
    import yaml

    held = list(documents)
    text = yaml.safe_dump_all(held, sort_keys=sort_keys, allow_unicode=True)
    if UNSAFE.search(text):
        text = yaml.safe_dump_all(held, sort_keys=sort_keys, allow_unicode=False)
    click.echo(text, nl=False)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest cell; None shows as `-`."""
    table = [tuple(heads), *(tuple("-" if c is None else one_line(c) for c in row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(line.rstrip())
