"""Why calls failed, for people. Callers choose paths and ids: nothing of them begins a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.cli.printing.places import place_words
from gossamer.cli.terminal.output import one_line, say

Row = Mapping[str, Any]

_LONGEST = 80


def show_failures(summary: Row) -> None:
    """The causes with counts, the most frequent first, and what was looked at."""
    ends = f"from {summary['source']} to {summary['destination']}"
    window = f"in the last {duration_words(summary['since_s'])}"
    if not summary["calls"]:
        say(f"no call {ends} {window} is in the proxies' logs")
    elif not summary["causes"]:
        say(f"none of {summary['calls']} calls {ends} {window} failed")
    else:
        say(f"{summary['failed']} of {summary['calls']} calls {ends} {window} failed")
    for row in summary["causes"]:
        _show_cause(row)
    _show_gaps(summary)


def _show_cause(row: Row) -> None:
    last = row["last"]
    say("")
    say(f"{row['count']} x  {_cause_words(row)}; {row['effect']}")
    for place in row["because"]:
        say(f"     because  {place_words(place)}")
    seen = "" if last is None else f"  {_call_words(last)} at {last['pod']}"
    say(f"        last  {row['last_at']}{seen}")
    say(f"      remedy  {row['remedy']}")


def _cause_words(row: Row) -> str:
    if row["detail"]:
        return f"{row['says']}: {row['detail']}"
    return f"{row['says']}: {row['rule']}" if row["rule"] else str(row["says"])


def show_hops(request_id: str, rows: Sequence[Row]) -> None:
    """Each proxy's line in the order in which the request met them, and why it failed, as the last
    one that saw it fail has it."""
    say(f"request {shortened(request_id)}")
    failed = [row for row in rows if row["cause"]]
    for row in rows:
        to = row["upstream_host"] or row["upstream_cluster"] or "nobody"
        way = "arrives at" if row["side"] == "server" else "leaves"
        say(f"  {row['at']}  {way} {row['pod']}: {_call_words(row)}, to {shortened(to)}")
        if failed and row is failed[-1]:
            cause = {"detail": "", **row["cause"]}
            say(f"    {_cause_words(cause)}; {cause['effect']}")
            for place in row["because"]:
                say(f"      because  {place_words(place)}")
    if failed:
        say(f"remedy  {failed[-1]['cause']['remedy']}")


def _call_words(row: Row) -> str:
    if row["method"] is None:
        return f"bytes {row['flags'] or ''} in {row['duration_ms']} ms".replace("  ", " ")
    asked = f"{row['method']} {shortened(row['path'] or '')}"
    flags = f" {row['flags']}" if row["flags"] else ""
    return f"{asked} {row['code'] or 'no answer'}{flags} in {row['duration_ms']} ms"


def shortened(text: str) -> str:
    """What a caller chose, in one short piece of a line."""
    flat = one_line(text)
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 3]}..."


def duration_words(seconds: float) -> str:
    """Seconds in the unit that people would say."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _show_gaps(summary: Row) -> None:
    if summary["unread_lines"]:
        say(
            f"{summary['unread_lines']} lines were left out: callers put quotes into them",
            err=True,
        )
    for pod in summary["shortened_logs"]:
        say(f"the log of {pod} is long: its older lines were left out", err=True)
