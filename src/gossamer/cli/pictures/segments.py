"""The matrix of who may call whom, for people: a dozen names fit on 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gossamer.cli.pictures.failures import duration_words
from gossamer.cli.printing.places import place_words
from gossamer.cli.printing.segment_rows import UNUSED, WOULD_BE_DENIED
from gossamer.cli.terminal.output import one_line, say

Row = Mapping[str, Any]

SIGNS = {"all": "+", "some": "~", "none": "-"}
SEEN, NOT_SEEN, TROUBLE = "*", " ", "!"
_WIDEST, _LISTED, _CALLS = 28, 12, 4


def show_segments(answer: Row) -> None:
    """The matrix, what its signs mean, and each pair that there is something to say of."""
    rows: Sequence[Row] = answer["segments"]
    if not rows:
        say(f"no {answer['level'][:-1]} has ports that another one could call")
        return
    for line in matrix_lines(rows):
        say(line)
    say("")
    say("rows call columns: + all calls are allowed, ~ some, - none; * some were seen, ! see below")
    say(_window(answer))
    _list(rows, WOULD_BE_DENIED)
    _list(rows, UNUSED)
    _list_some(rows)


def matrix_lines(rows: Sequence[Row]) -> list[str]:
    """One line for each caller, under the numbers of who is called."""
    sources = sorted({row["source"] for row in rows})
    called = sorted({row["destination"] for row in rows})
    names = sorted({*sources, *called})
    numbers = {name: at for at, name in enumerate(names, 1)}
    cells = {(row["source"], row["destination"]): _cell(row) for row in rows}
    width = min(max(map(len, names)), _WIDEST)
    digits = len(str(len(names)))
    size = max(3, digits + 1)
    head = "".join(f"{numbers[name]:>{size}}" for name in called)
    lines = [f"{'':>{digits}} {'':<{width}}{head}"]
    for name in names:
        row = "".join(f"{cells.get((name, each), ''):>{size}}" for each in called)
        lines.append(f"{numbers[name]:>{digits}} {_name(name, width):<{width}}{row}".rstrip())
    return lines


def _name(name: str, width: int) -> str:
    flat = one_line(name)
    return flat if len(flat) <= width else f"{flat[: width - 3]}..."


def _cell(row: Row) -> str:
    trouble = row["mark"] == WOULD_BE_DENIED
    seen = TROUBLE if trouble else SEEN if row["observed_calls"] else NOT_SEEN
    return f"{SIGNS[row['extent']]}{seen}"


def _window(answer: Row) -> str:
    """What was watched, and so what cannot have been seen."""
    if answer["observed_since"] is None:
        return "seen: nothing, these are files"
    began = datetime.fromtimestamp(answer["observed_since"]).strftime("%Y-%m-%d %H:%M:%S")
    length = duration_words(_rounded(answer["observed_s"]))
    return f"seen: calls since the lab started, {began} ({length}); rarer ones may be missing"


def _rounded(seconds: int) -> int:
    return seconds if seconds < 120 else seconds // 60 * 60


def _list(rows: Sequence[Row], mark: str) -> None:
    marked = [row for row in rows if row["mark"] == mark]
    if marked:
        say(f"\n{mark}:")
    for row in marked[:_LISTED]:
        seen = f", {row['observed_calls']} calls" if row["observed_calls"] else ""
        say(f"  {one_line(row['source'])} to {one_line(row['destination'])}{seen}")
        for place in row["because"][:2] if mark == WOULD_BE_DENIED else ():
            say(f"    {place_words(place)}")
    if len(marked) > _LISTED:
        say(f"  and {len(marked) - _LISTED} more; -o json lists all")


def _list_some(rows: Sequence[Row]) -> None:
    some = [row for row in rows if row["extent"] == "some"]
    if some:
        say("\nsome calls are allowed:")
    for row in some[:_LISTED]:
        say(f"  {one_line(row['source'])} to {one_line(row['destination'])}")
        for call in row["calls"][:_CALLS]:
            say(f"    {one_line(call)}")
        if len(row["calls"]) > _CALLS:
            say(f"    and {len(row['calls']) - _CALLS} more; --workloads shows each pair")
    if len(some) > _LISTED:
        say(f"  and {len(some) - _LISTED} more; -o json lists all")
