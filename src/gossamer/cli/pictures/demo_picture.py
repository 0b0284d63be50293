"""How the demo is shown: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gossamer.cli.demo.demo_plan import DemoStep, Shares, shares
from gossamer.cli.pictures.edge_table import HEADS, amount, duration, percent, table_rows
from gossamer.cli.pictures.traffic_picture import LATELY, Past, titled_picture
from gossamer.cli.terminal.output import print_table, say

BAR = 20
HEAD = 6
"""Lines above the tree, without the canary's versions."""
LINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is to be seen at one moment."""

    elapsed: float
    step: DemoStep
    calls: Mapping[str, int] | None
    """Calls of each version since the canary moved; None while the counts can't show it yet."""

    rows: Sequence[Mapping[str, Any]]
    """Rates since the canary moved; of the last 10 seconds while `calls` is None."""

    note: str

    @property
    def seen(self) -> Shares:
        """The shares of these calls."""
        return shares(self.calls or {})


class LogPicture:
    """For logs: a line every other second, the edges whenever the canary has moved."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._next = 0.0
        self._step: DemoStep | None = None

    def __enter__(self) -> LogPicture:
        say(f"page: {self._page}")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, scene: Scene) -> None:
        """Say what is new."""
        if scene.step != self._step:
            if self._step is not None:
                print_table(HEADS, table_rows(scene.rows))
                say(f"canary: applied {scene.step.file and scene.step.file.name}")
            self._step = scene.step
        if scene.elapsed >= self._next:
            self._next = scene.elapsed + LINE_S
            say(_line(scene))


class LivePicture:
    """For people: the same picture drawn over, once a second."""

    def __init__(self, page: str) -> None:
        from rich.live import Live

        self._page = page
        self._past = Past()
        self._drawing = Live(auto_refresh=False)

    def __enter__(self) -> LivePicture:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.stop()

    def show(self, scene: Scene) -> None:
        """Draw it."""
        self._past.note(scene.rows)
        size = self._drawing.console.size
        drawn = demo_picture(self._page, scene, self._past, (size.width, size.height))
        self._drawing.update(drawn, refresh=True)


def demo_picture(page: str, scene: Scene, past: Past, size: tuple[int, int]) -> Any:
    """The page's address, the canary, and who calls whom, for a terminal of that size."""
    from rich.console import Group
    from rich.text import Text

    width, height = size
    head = Text.assemble(
        ("Bookinfo, live", "bold"), f"  {scene.elapsed:.0f} s   open ", (page, "underline")
    )
    canary = _canary(scene)
    left = height - len(canary.rows) - HEAD
    title = LATELY if scene.calls is None else "traffic since then"
    tree = titled_picture(title, scene.rows, past, (width, left), scene.note)
    return Group(head, Text(), canary, Text(), tree)


def _canary(scene: Scene) -> Any:
    """A bar for each version, as wanted and as seen."""
    from rich.table import Table

    grid = Table(box=None, title=_title(scene), title_justify="left", title_style="bold")
    for head in ("version", "wanted", "", "seen", "", "requests"):
        grid.add_column(head, justify="left" if not head or head == "seen" else "right")
    for version in sorted({*scene.step.wanted, *scene.seen}):
        wanted = scene.step.wanted.get(version, 0.0)
        grid.add_row(version, f"{wanted:4.0%}", _bar(wanted, "cyan"), *_seen(scene, version))
    return grid


def _title(scene: Scene) -> str:
    file = scene.step.file
    return f"reviews: {file.name} applied" if file else "reviews: no rule yet, all take turns"


def _seen(scene: Scene, version: str) -> tuple[Any, ...]:
    if scene.calls is None:
        return "…", "", ""
    share = scene.seen.get(version, 0.0)
    return f"{share:4.0%}", _bar(share, "green"), str(scene.calls.get(version, 0))


def _bar(share: float, style: str) -> Any:
    from rich.text import Text

    return Text("█" * round(share * BAR) + "░" * (BAR - round(share * BAR)), style=style)


def _line(scene: Scene) -> str:
    wanted, seen = _shares(scene.step.wanted), _counted(scene) or "not yet"
    page = next((row for row in scene.rows if "gateway" in str(row["source"])), None)
    load = _load(page) if page else "no traffic counted yet"
    note = f"; {scene.note}" if scene.note else ""
    return f"{scene.elapsed:3.0f}s  {load}; reviews wanted {wanted}, seen {seen}{note}"


def _load(row: Mapping[str, Any]) -> str:
    return (
        f"{row['requests_per_second']:.1f} requests/s, {percent(row['success_rate'])} good, "
        f"p50 {duration(row['p50_ms'])} p99 {duration(row['p99_ms'])}, "
        f"{amount(row['sent_bytes_per_second'])}/s up {amount(row['received_bytes_per_second'])}/s "
        f"down, {'mTLS' if row['mtls'] else 'plaintext'}"
    )


def _counted(scene: Scene) -> str:
    counts = scene.calls or {}
    total = sum(counts.values())
    return f"{_shares(scene.seen)} of {total} requests" if total else ""


def _shares(shares: Shares) -> str:
    return " ".join(f"{version} {share:.0%}" for version, share in sorted(shares.items()))
