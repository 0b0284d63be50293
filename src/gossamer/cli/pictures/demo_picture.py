"""How the demo is shown: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gossamer.cli.demo.demo_plan import DemoStep, Shares
from gossamer.cli.pictures.edge_table import HEADS, amount, cells, duration, percent, table
from gossamer.cli.terminal.output import print_table, say

BAR = 20
LINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is to be seen at one moment."""

    elapsed: float
    step: DemoStep
    seen: Shares
    rows: Sequence[Mapping[str, Any]]
    note: str


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
                print_table(HEADS, [cells(row) for row in scene.rows])
                say(f"canary: applied {scene.step.file and scene.step.file.name}")
            self._step = scene.step
        if scene.elapsed >= self._next:
            self._next = scene.elapsed + LINE_S
            say(_line(scene))


class Live:
    """For people: the same picture drawn over, once a second."""

    def __init__(self, page: str) -> None:
        from rich.live import Live as Drawing

        self._page = page
        self._drawing = Drawing(auto_refresh=False)

    def __enter__(self) -> Live:
        self._drawing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drawing.stop()

    def show(self, scene: Scene) -> None:
        """Draw it."""
        from rich.console import Group
        from rich.text import Text

        head = Text.assemble(
            ("Bookinfo, live", "bold"), f"  {scene.elapsed:.0f}s   open ", (self._page, "underline")
        )
        parts = [
            head,
            Text(),
            _canary(scene),
            Text(),
            table(scene.rows, self._drawing.console.width),
        ]
        if scene.note:
            parts += [Text(), Text(scene.note, style="yellow")]
        self._drawing.update(Group(*parts), refresh=True)


def _canary(scene: Scene) -> Any:
    """A bar for each version, as wanted and as seen."""
    from rich.table import Table

    title = scene.step.file.name if scene.step.file else "no rule yet: all versions take turns"
    grid = Table(box=None, title=f"canary of reviews: {title}", title_justify="left")
    for head in ("version", "wanted", "", "seen", ""):
        grid.add_column(head, justify="right" if head == "version" else "left")
    for version in sorted({*scene.step.wanted, *scene.seen}):
        wanted, seen = scene.step.wanted.get(version, 0.0), scene.seen.get(version, 0.0)
        grid.add_row(version, f"{wanted:4.0%}", _bar(wanted, "cyan"), *_seen(scene, seen))
    return grid


def _seen(scene: Scene, share: float) -> tuple[Any, Any]:
    return (f"{share:4.0%}", _bar(share, "green")) if scene.seen else ("…", "")


def _bar(share: float, style: str) -> Any:
    from rich.text import Text

    return Text("█" * round(share * BAR) + "░" * (BAR - round(share * BAR)), style=style)


def _line(scene: Scene) -> str:
    wanted, seen = _shares(scene.step.wanted), _shares(scene.seen) or "not yet"
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


def _shares(shares: Shares) -> str:
    return " ".join(f"{version} {share:.0%}" for version, share in sorted(shares.items()))
