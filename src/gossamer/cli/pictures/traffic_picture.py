"""`traffic --watch` as a picture: who calls whom as a tree, how much lately, what fails in red."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gossamer.cli.pictures.edge_names import Key, destinations, edge_key
from gossamer.cli.pictures.edge_table import LOCK, amount, duration, percent
from gossamer.cli.terminal.output import one_line

Row = Mapping[str, Any]

SEEN_S = 20
"""Pictures that the small curve of an edge goes back."""
CURVE = "▁▂▃▄▅▆▇█"
NUMBERS = ("REQ/S", "SUCCESS", "P50", "P99", "SENT/S", "RECEIVED/S", "MTLS")
ROOMS = ((130, 20), (105, 8))
"""On terminals of so many columns a curve of so many."""
LATELY = "traffic, last 10 s"
FRAME = 5
"""Lines of the picture that are no edges."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree: what leads to it, who is called, by which edge (None for a root)."""

    lead: str
    name: str
    row: Row | None = None


def tree(rows: Sequence[Row]) -> Iterator[Branch]:
    """Every edge once, below its caller; callers without callers first, busy before idle."""
    calls: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: -row["requests_per_second"]):
        calls.setdefault(str(row["source"]), []).append(row)
    called, names = {row["destination"] for row in rows}, destinations(rows)
    shown: set[str] = set()
    for root in sorted(calls, key=lambda name: name in called):
        if root not in shown:
            yield Branch("", root)
            yield from _below(root, calls, shown, names)


def _below(
    root: str, calls: Mapping[str, list[Row]], shown: set[str], names: Mapping[Key, str]
) -> Iterator[Branch]:
    """What a caller calls, and they; whom the tree has told of is not told of again."""
    shown.add(root)
    ways = [("", iter(calls[root]), len(calls[root]))]
    while ways:
        lead, rows, left = ways.pop()
        row = next(rows, None)
        if row is None:
            continue
        ways.append((lead, rows, left - 1))
        yield Branch(f"{lead}{'└─ ' if left == 1 else '├─ '}", names[edge_key(row)], row)
        name = str(row["destination"])
        if name in calls and name not in shown:
            shown.add(name)
            deeper = f"{lead}{'   ' if left == 1 else '│  '}"
            ways.append((deeper, iter(calls[name]), len(calls[name])))


@dataclass(slots=True)
class Past:
    """The rates of the last pictures, edge by edge."""

    rates: dict[Key, deque[float]] = field(default_factory=dict)

    def note(self, rows: Sequence[Row]) -> None:
        """Another picture's worth; edges that are gone are forgotten."""
        now = {edge_key(row): float(row["requests_per_second"]) for row in rows}
        for key in self.rates.keys() - now.keys():
            del self.rates[key]
        for key, rate in now.items():
            self.rates.setdefault(key, deque(maxlen=SEEN_S)).append(rate)

    def curve(self, row: Row) -> str:
        """The edge's rates as a curve, relative to their own highest."""
        rates = self.rates.get(edge_key(row), ())
        top = max(rates, default=0.0) or 1.0
        return "".join(CURVE[min(7, int(rate / top * 7.99))] for rate in rates)


def picture(rows: Sequence[Row], past: Past, width: int, height: int, note: str = "") -> Any:
    """All of it, for a terminal of that size; `note` is what is wrong at the moment."""
    return titled_picture(LATELY, rows, past, (width, height), note)


def titled_picture(
    title: str, rows: Sequence[Row], past: Past, size: tuple[int, int], note: str
) -> Any:
    """The same of rows that count something else than the last 10 seconds; the title says what."""
    from rich.console import Group
    from rich.text import Text

    width, height = size
    branches = list(tree(rows))
    shown = branches[: max(1, height - FRAME)]
    parts = [_head(title, rows), Text(), _table(shown, past, width)]
    if len(shown) < len(branches):
        parts.append(Text(f"and {len(branches) - len(shown)} lines more; name a SRC", "dim"))
    parts.append(Text(note or ("" if rows else "no traffic was counted yet"), style="yellow"))
    return Group(*parts)


def _head(title: str, rows: Sequence[Row]) -> Any:
    from rich.text import Text

    rate = sum(row["requests_per_second"] for row in rows)
    failing = sum(1 for row in rows if _is_busy(row) and _share(row) < 1.0)
    health = (f"{failing} with failures", "red") if failing else ("none with failures", "green")
    what = f"  {rate:.1f} requests/s on {len(rows)} edges, "
    return Text.assemble((title, "bold"), what, health, ("   Ctrl-C ends", "dim"))


def _table(branches: Sequence[Branch], past: Past, width: int) -> Any:
    from rich.table import Table

    curve = next((room for columns, room in ROOMS if width >= columns), 0)
    drawn = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    drawn.add_column("WHO CALLS WHOM", no_wrap=True, overflow="ellipsis")
    for head in NUMBERS:
        drawn.add_column(head, justify="right", no_wrap=True, min_width=max(5, len(head)))
        if head == "REQ/S" and curve:
            drawn.add_column("", justify="right", no_wrap=True, min_width=curve)
    for branch in branches:
        drawn.add_row(*_cells(branch, past, curve), style=_style(branch.row))
    return drawn


def _cells(branch: Branch, past: Past, curve: int) -> Iterator[str]:
    from rich.markup import escape

    row = branch.row
    yield f"{branch.lead}{escape(one_line(branch.name))}"
    if row is None:
        return
    yield f"{row['requests_per_second']:.1f}"
    if curve:
        yield past.curve(row)[-curve:]
    yield percent(row["success_rate"])
    yield duration(row["p50_ms"])
    yield duration(row["p99_ms"])
    yield amount(row["sent_bytes_per_second"])
    yield amount(row["received_bytes_per_second"])
    yield LOCK if row["mtls"] else "no"


def _style(row: Row | None) -> str:
    if row is None:
        return "bold"
    if not _is_busy(row):
        return "dim"
    return "red" if _share(row) < 0.95 else "yellow" if _share(row) < 1.0 else ""


def _is_busy(row: Row) -> bool:
    """Whether anything moved on an edge lately."""
    moved = (row["requests_per_second"], row["sent_bytes_per_second"])
    return any(moved) or bool(row["received_bytes_per_second"])


def _share(row: Row) -> float:
    """How much of its calls succeeds; of TCP nobody knows better."""
    return 1.0 if row["success_rate"] is None else float(row["success_rate"])
