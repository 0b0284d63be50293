"""The share of each room's lines that `make unit` runs may rise and not fall.

python tests/coverage_floors/floors.py REPORT.json          names each room below its floor, exits 1
python tests/coverage_floors/floors.py REPORT.json --raise  writes the floors that this run allows
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FLOORS = Path(__file__).parent / "floors.toml"
SLACK = 1.0
"""Percentage points between what was measured and the floor: which lines of a server run depends
a little on timing, and some on whether the tests run as root."""

HEAD = """\
# The least percentage of each room's lines (folders of src/gossamer) that unit tests must run.
# `make coverage` holds it; `make raise-coverage` writes it anew after better tests, never lower.
"""

Percentages = Mapping[str, float]


def measured(report: Mapping[str, Any]) -> dict[str, float]:
    """The percentage of lines run in each room, from coverage's JSON report."""
    lines: Counter[str] = Counter()
    run: Counter[str] = Counter()
    for name, file in report["files"].items():
        room = Path(name.rpartition("src/gossamer/")[2]).parts[0]
        lines[room] += file["summary"]["num_statements"]
        run[room] += file["summary"]["covered_lines"]
    return {room: 100 * run[room] / lines[room] for room in sorted(lines) if lines[room]}


def failures(rooms: Percentages, floors: Percentages) -> Iterator[str]:
    """A sentence for each room that fell, that has no floor, or that is no more."""
    for room, percent in rooms.items():
        if room not in floors:
            yield f"{room} has no floor: write `{room} = 0` and run `make raise-coverage`"
        elif percent < floors[room]:
            yield (
                f"{room}: unit tests run {percent:.1f} % of its lines, less than its floor of "
                f"{floors[room]:g} %: add tests for what was added"
            )
    for room in floors.keys() - rooms.keys():
        yield f"{room} has a floor and no lines: remove it from {FLOORS.name}"


def raised(rooms: Percentages, floors: Percentages) -> dict[str, int]:
    """The floors after this run: higher where it allows, never lower."""
    return {
        room: max(math.floor(percent - SLACK), int(floors.get(room, 0)))
        for room, percent in rooms.items()
    }


def main(report: str, *words: str) -> int:
    """0 when every room keeps its floor, or when the floors were written."""
    rooms = measured(json.loads(Path(report).read_text()))
    floors = tomllib.loads(FLOORS.read_text())["floors"]
    if "--raise" in words:
        rows = (f"{room} = {floor}\n" for room, floor in raised(rooms, floors).items())
        FLOORS.write_text(HEAD + "\n[floors]\n" + "".join(rows))
        return 0
    fallen = sorted(failures(rooms, floors))
    print(
        "\n".join(f"coverage: {each}" for each in fallen) or "coverage: every room keeps its floor"
    )
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
