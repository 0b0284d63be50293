"""`get --watch`: the table, then each row that changed, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from gossamer.cli.objects.item import Item
from gossamer.cli.printing.printer import OutputForm, TableStyle, print_items, print_table_lines
from gossamer.plane.client import PlaneUnreachable

LOOK_S = 0.5

Look = Callable[[], Sequence[Item]]


def watch(look: Look, form: OutputForm, style: TableStyle) -> None:
    """Print what there is, then what changes; returns when it is interrupted."""
    try:
        _watch(look, form, style)
    except KeyboardInterrupt:
        return


def _watch(look: Look, form: OutputForm, style: TableStyle) -> None:
    shown: dict[tuple[str, str, str], object] = {}
    widths: dict[str, list[int]] = {}
    while True:
        try:
            items = list(look())
        except PlaneUnreachable:
            items = []
        news = [item for item in items if shown.get(_names(item)) != _facts(item)]
        shown |= {_names(item): _facts(item) for item in news}
        if news and form.table:
            print_table_lines(news, form, style, widths)
            style = replace(style, heads=False)
        elif news:
            for item in news:
                print_items([item], form, style, one=True)
        time.sleep(LOOK_S)


def _names(item: Item) -> tuple[str, str, str]:
    return item.kind.prefix, item.namespace, item.name


def _facts(item: Item) -> object:
    """What makes a new line when it changes: all but the age."""
    if item.seen and "status" in item.seen:
        return tuple(item.seen[key] for key in ("status", "ready_containers", "restarts", "ip"))
    return item.shape
