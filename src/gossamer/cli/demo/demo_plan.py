"""The demo's script, as values: where its files are, when the canary moves, what share is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.cli.error import CliError

CALLER = "bookinfo/productpage-v1"
STEP_S = 15.0
"""Between two moves of the canary, where the demo has no end."""

SETTLING_S = 2.0
"""A move shows in the counts after so long: proxies are told, and then read."""

Shares = Mapping[str, float]
"""Share (0 to 1) by version, such as `v1`."""

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class DemoStep:
    """From second `at`, this file (None: nothing yet) asks for these shares."""

    at: float
    file: Path | None
    wanted: Shares


def example(package: Path) -> Path:
    """The bundled example, beside the sources that `package` (gossamer's folder) is part of."""
    found = package.parent.parent / "examples" / "bookinfo"
    if not (found / "productpage.yaml").is_file():
        raise CliError(
            f"the demo's manifests are not at {found}, so there is nothing to run; "
            "they come with the source: run it from a checkout, "
            "or give manifests of your own to `gossamer up`"
        )
    return found


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
    """Requests so far from the page to each version of reviews."""
    return {
        str(row["destination"]).rpartition("-")[2]: row["requests_total"]
        for row in rows
        if row["source"] == CALLER and "/reviews-" in str(row["destination"])
    }


def seen_since(before: Mapping[str, int], now: Mapping[str, int]) -> Shares:
    """The shares of the calls since `before`; empty if there were none."""
    grown = {version: count - before.get(version, 0) for version, count in now.items()}
    total = sum(grown.values())
    return {version: count / total for version, count in sorted(grown.items()) if count}
