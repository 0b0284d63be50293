"""Objects on a person's terminal or for a program: tables, names, YAML, JSON, JSONPath."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import click

from gossamer.cli.objects.item import Item
from gossamer.cli.objects.jsonpath.path import PathError
from gossamer.cli.objects.jsonpath.template import Part, fill, parse_template
from gossamer.cli.printing.columns import columns_of
from gossamer.cli.terminal.output import one_line, print_json, print_yaml, say

PLAIN = ("json", "yaml", "name", "wide")
_TEMPLATE = "jsonpath="


@dataclass(frozen=True, slots=True)
class OutputForm:
    """How objects are printed; an empty word is the table for people."""

    word: str = ""
    template: tuple[Part, ...] = ()

    @property
    def table(self) -> bool:
        return self.word in ("", "wide")


def form_of(_: click.Context, __: click.Parameter, text: str | None) -> OutputForm:
    """Read `-o`: json, yaml, name, wide, jsonpath=TEMPLATE."""
    if not text:
        return OutputForm()
    if text in PLAIN:
        return OutputForm(text)
    if text.startswith(_TEMPLATE):
        try:
            return OutputForm("jsonpath", parse_template(text.removeprefix(_TEMPLATE)))
        except PathError as error:
            raise click.BadParameter(str(error)) from error
    raise click.BadParameter(f"{text!r} is not one of json, yaml, name, wide, jsonpath=TEMPLATE")


def form_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o`, given as `form`."""
    return click.option(
        "-o",
        "--output",
        "form",
        metavar="FORM",
        callback=form_of,
        help="json, yaml, name, wide, or jsonpath=TEMPLATE as kubectl takes it.",
    )(command)


@dataclass(frozen=True, slots=True)
class TableStyle:
    """What of a table is printed beside its kind's columns."""

    everywhere: bool = False
    labels: bool = False
    heads: bool = True
    with_kind: bool = False


def print_items(
    items: Sequence[Item], form: OutputForm, style: TableStyle, *, one: bool = False
) -> None:
    """All of them; `one` says that a single object was asked for by name."""
    match form.word:
        case "json":
            print_json([item.shape for item in items])
        case "yaml":
            print_yaml(item.body for item in items)
        case "name":
            for item in items:
                say(item.reference)
        case "jsonpath":
            say(fill(form.template, items[0].body if one else as_list(items)), end="")
        case _:
            print_tables(items, form, style)


def as_list(items: Iterable[Item]) -> Mapping[str, Any]:
    """As the Kubernetes API answers for many."""
    return {"apiVersion": "v1", "kind": "List", "items": [item.body for item in items]}


def print_tables(items: Sequence[Item], form: OutputForm, style: TableStyle) -> None:
    """One table a kind, with a line between two."""
    first = True
    for _, group in groupby(items, key=lambda item: item.kind):
        if not first:
            say()
        for line in table(list(group), form, style):
            say(line)
        first = False


def print_table_lines(
    items: Sequence[Item], form: OutputForm, style: TableStyle, widths: dict[str, list[int]]
) -> None:
    """Rows that follow others: their columns stay at least as wide as `widths` remembers."""
    for kind, group in groupby(items, key=lambda item: item.kind):
        lines = cells(list(group), form, style)
        known = widths.get(kind.prefix, [0] * len(lines[0]))
        widths[kind.prefix] = [max(pair) for pair in zip(known, _widths(lines), strict=True)]
        for line in aligned(lines, widths[kind.prefix]):
            say(line)


def table(items: Sequence[Item], form: OutputForm, style: TableStyle) -> list[str]:
    """The lines of one kind's table, its columns apart as kubectl has them."""
    return aligned(cells(items, form, style))


def cells(items: Sequence[Item], form: OutputForm, style: TableStyle) -> list[list[str]]:
    """The heads, unless they are left out, and a row for each object."""
    shown = columns_of(items[0].kind, wide=form.word == "wide")
    heads = [*(["NAMESPACE"] if style.everywhere else []), *(column.head for column in shown)]
    rows = [[column.cell(item) for column in shown] for item in items]
    if style.with_kind and items[0].kind.name != "Event":
        rows = [[item.reference, *row[1:]] for item, row in zip(items, rows, strict=True)]
    if style.everywhere:
        rows = [[item.namespace, *row] for item, row in zip(items, rows, strict=True)]
    if style.labels:
        heads.append("LABELS")
        rows = [[*row, _labels(item)] for item, row in zip(items, rows, strict=True)]
    lines = [heads, *rows] if style.heads else rows
    return [["<none>" if c is None else one_line(c) for c in row] for row in lines]


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]


def aligned(lines: Sequence[Sequence[str]], widths: Sequence[int] | None = None) -> list[str]:
    """Cells in columns with three blanks between them."""
    wide = widths or _widths(lines)
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip()
        for row in lines
    ]


def _labels(item: Item) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(item.labels.items())) or "<none>"
