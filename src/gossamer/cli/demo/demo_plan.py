"""The demo's script, as values: where its files are, when the canary moves, what share is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.bundled.folders import EXAMPLES
from gossamer.cli.pictures.edge_names import edge_key

BOOKINFO = EXAMPLES / "bookinfo"
CALLER = "bookinfo/productpage-v1"
STEP_S = 15.0
"""Between two moves of the canary, where the demo has no end."""

SETTLING_S = 2.0
"""A move shows in the counts after so long: proxies are configured, and then read."""

TOTALS = ("requests_total", "sent_bytes_total", "received_bytes_total")

NEXT = """
Try next:
  gossamer examples bookinfo --copy       the files of this mesh, to edit
  gossamer up examples/bookinfo/*.yaml    the same mesh, to apply rules to
  gossamer up --stand-in YOUR/MANIFESTS   your own application
  gossamer docs first-hour                from there to a canary and a fault"""

Shares = Mapping[str, float]
"""Share (0 to 1) by version, such as `v1`."""

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class DemoStep:
    """From second `at`, this file (None: nothing yet) asks for these shares."""

    at: float
    file: Path | None
    wanted: Shares


def script(folder: Path, seconds: float | None) -> tuple[DemoStep, ...]:
    """All steps: the three versions in turn, then each canary file in the order of its name."""
    files = sorted((folder / "canary").glob("*.yaml"))
    pause = STEP_S if seconds is None else seconds / (len(files) + 1)
    even = DemoStep(0.0, None, {f"v{n}": 1 / 3 for n in (1, 2, 3)})
    return even, *(DemoStep(pause * n, file, weights(file)) for n, file in enumerate(files, 1))


def weights(file: Path) -> Shares:
    """The shares that a canary's VirtualService asks for."""
    import yaml

    routes = yaml.safe_load(file.read_text())["spec"]["http"][0]["route"]
    total = sum(route["weight"] for route in routes)
    return {route["destination"]["subset"]: route["weight"] / total for route in routes}


def step_at(steps: Sequence[DemoStep], elapsed: float) -> DemoStep:
    """The step of that second."""
    return max((step for step in steps if step.at <= elapsed), key=lambda step: step.at)


def calls(rows: Rows) -> dict[str, int]:
    """Requests from the page to each version of reviews."""
    return {
        str(row["destination"]).rpartition("-")[2]: row["requests_total"]
        for row in rows
        if row["source"] == CALLER and "/reviews-" in str(row["destination"])
    }


def shares(counts: Mapping[str, int]) -> Shares:
    """What part each version has of all calls; empty if there were none."""
    total = sum(counts.values())
    return {version: count / total for version, count in sorted(counts.items()) if count}


def since(before: Rows, now: Rows, seconds: float) -> list[dict[str, Any]]:
    """The rows of `now` with what came in the `seconds` since `before`: counts and rates.

    Latencies and success stay those of the last 10 seconds, as the proxies tell them.
    """
    earlier = {edge_key(row): row for row in before}
    return [_grown(earlier.get(edge_key(row), {}), row, max(seconds, 1.0)) for row in now]


def _grown(before: Mapping[str, Any], row: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    grown = {name: row[name] - before.get(name, 0) for name in TOTALS}
    rates = {name.replace("total", "per_second"): n / seconds for name, n in grown.items()}
    return {**row, **grown, **rates}
