"""Callers that were refused because they came in plaintext: no proxy's log has a line of them.

Where a port takes mutual TLS alone no filter chain matches such a connection, and Envoy closes it
without a word. The control plane knows of them by counters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]

REFUSED = "refused"


def plaintext_rows(
    calls: Iterable[Mapping[str, Any]], source: str, destination: str, after: datetime
) -> Iterator[Row]:
    """A cause for each port that refused the source's plaintext since then, as `gossamer why`
    prints causes; `calls` are those of the plane's `/v1/mtls`."""
    for call in calls:
        meant = (call["source"], call["destination"]) == (source, destination)
        if meant and call["security"] == REFUSED and _at(call["last_seen"]) >= after:
            yield _row(call)


def window_start(now: datetime, since_s: float) -> datetime:
    """From when on calls count."""
    return now - timedelta(seconds=since_s)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _row(call: Mapping[str, Any]) -> Row:
    by = call["by"]
    return {
        "cause": "plaintext",
        "says": f"port {call['port']} takes mutual TLS alone ({call['mode']}), and the call came "
        f"in plaintext from {call['address']}",
        "effect": "its connection is closed without an answer",
        "remedy": "Give the caller a proxy, or let the port take plaintext (PERMISSIVE)",
        "rule": None,
        "detail": "",
        "count": call["calls"],
        "last_at": call["last_seen"],
        "because": [] if by is None else [by],
        "last": None,
    }
