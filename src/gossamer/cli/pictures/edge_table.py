"""Edges as people read them: one row each, in human units, a lock where mTLS is spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.cli.pictures.edge_names import destinations, edge_key
from gossamer.cli.terminal.output import one_line

HEADS = (
    "SOURCE",
    "DESTINATION",
    "PROTO",
    "REQ/S",
    "REQUESTS",
    "SUCCESS",
    "P50",
    "P90",
    "P99",
    "SENT/S",
    "RECEIVED/S",
    "MTLS",
)

LOCK = "🔒"


def table_rows(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The cells of every edge, under HEADS."""
    names = destinations(rows)
    return [_cells(row, names[edge_key(row)]) for row in rows]


def denied_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each rule that refused requests of an edge."""
    return [
        f"{one_line(row['source'])} to {one_line(row['destination'])}: "
        f"{each['requests']} denied by {one_line(each['rule'])}"
        for row in rows
        for each in row.get("denied", ())
    ]


def _cells(row: Mapping[str, Any], destination: str) -> tuple[str, ...]:
    return (
        one_line(row["source"]),
        one_line(destination),
        one_line(row["protocol"]),
        f"{row['requests_per_second']:.1f}",
        str(row["requests_total"]),
        percent(row["success_rate"]),
        duration(row["p50_ms"]),
        duration(row["p90_ms"]),
        duration(row["p99_ms"]),
        amount(row["sent_bytes_per_second"]),
        amount(row["received_bytes_per_second"]),
        LOCK if row["mtls"] else "no",
    )


def percent(share: float | None) -> str:
    """`99.5%`; never rounded up to all of it."""
    if share is None:
        return "-"
    return "100%" if share >= 1 else f"{min(99.9, share * 100):.1f}%"


def duration(milliseconds: float | None) -> str:
    """`12ms`, `3.4s`."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds:.0f}ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f}s"


def amount(size: float) -> str:
    """`512B`, `1.2kB`, `3.4MB`: powers of ten, as networks are measured."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f}{unit}" if unit == "B" else f"{size:.1f}{unit}"
        size /= 1000
    return f"{size:.1f}TB"
