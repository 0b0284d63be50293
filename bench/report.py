"""What a benchmark leaves behind: a table on the terminal and JSON in build/bench."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUT = Path("build/bench")


def tell(name: str, rows: Sequence[Mapping[str, Any]], **context: Any) -> Path:
    """Print the rows as a table and write them, with machine and date, to `OUT/NAME.json`."""
    print(table(rows))
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    said = {"bench": name, **machine(), **context, "rows": list(rows)}
    path.write_text(json.dumps(said, indent=1) + "\n")
    print(f"\n{path}")
    return path


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of one shape, in columns."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """Where and when; the load says how much the machine had to do besides."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": os.cpu_count(),
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
