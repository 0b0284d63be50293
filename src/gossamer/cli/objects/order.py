"""Which objects of a list are shown, by their fields, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import click

from gossamer.cli.objects.item import Item
from gossamer.cli.objects.jsonpath.path import parse_path
from gossamer.cli.objects.jsonpath.steps import walk

_TERM = re.compile(r"([\w.\[\]/-]+?)\s*(!=|==|=)\s*(.*)")


def in_order(items: Iterable[Item], path: str | None) -> list[Item]:
    """Sorted by the value at a path, those without it first; as they are where there is none."""
    if not path:
        return list(items)
    steps = parse_path(path.strip("{}"))
    return sorted(items, key=lambda item: _rank(next(walk(steps, item.body), None)))


def _rank(value: Any) -> tuple[int, float, str]:
    """Nothing, then numbers by size, then texts."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return 2, 0.0, str(value)


def fields_fit(items: Iterable[Item], selector: str | None) -> Sequence[Item]:
    """Those whose fields have the values of `status.phase=Running,metadata.name!=web`."""
    chosen = list(items)
    for term in filter(None, (selector or "").split(",")):
        read = _TERM.fullmatch(term.strip())
        if read is None:
            raise click.UsageError(f"{term!r} is not a field selector; write FIELD=VALUE")
        path, operator, value = read.groups()
        chosen = [item for item in chosen if (_text(item, path) == value) is not (operator == "!=")]
    return chosen


def _text(item: Item, path: str) -> str:
    value = next(walk(parse_path(path), item.body), "")
    return str(value).lower() if isinstance(value, bool) else str(value)
