"""The agent's own numbers as Prometheus text, from the rows that `status` shows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from gossamer.agent.shapes import HostProxyStatus
from gossamer.telemetry.prometheus import escaped

Row = HostProxyStatus
Measure = Callable[[Row, datetime], float | None]


def metrics(rows: Iterable[Row], now: datetime) -> str:
    """One gauge per measure and proxy; a measure that a proxy has not is left out."""
    known = sorted(rows, key=lambda row: row.pod)
    return "".join(_family(name, known, now) for name in _MEASURES)


def _seconds_left(row: Row, now: datetime) -> float | None:
    ends = row.certificate_expires
    return (datetime.fromisoformat(ends) - now).total_seconds() if ends else None


_MEASURES: Mapping[str, tuple[str, Measure]] = {
    "gossamer_agent_proxy_ready": (
        "1 if the proxy serves",
        lambda row, _: float(row.ready),
    ),
    "gossamer_agent_proxy_connected": (
        "1 if the proxy's stream to the plane is open",
        lambda row, _: float(row.connected),
    ),
    "gossamer_agent_proxy_pending": (
        "Resources that the proxy has not acknowledged",
        lambda row, _: float(row.pending),
    ),
    "gossamer_agent_proxy_rejected": (
        "Resources that the proxy refuses",
        lambda row, _: float(len(row.rejected)),
    ),
    "gossamer_agent_certificate_seconds_left": (
        "Seconds until the workload's certificate ends",
        _seconds_left,
    ),
}


def _family(name: str, rows: Iterable[Row], now: datetime) -> str:
    meaning, measure = _MEASURES[name]
    lines = [f"# HELP {name} {meaning}\n# TYPE {name} gauge\n"]
    for row in rows:
        value = measure(row, now)
        if value is not None:
            lines.append(f"{name}{{{_labels(row)}}} {value:g}\n")
    return "".join(lines)


def _labels(row: Row) -> str:
    named = {"pod": row.pod, "workload": row.workload}
    return ",".join(f'{label}="{escaped(str(value))}"' for label, value in named.items())
