"""Watching a lab start: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from gossamer.cli.terminal.output import one_line, say, visible
from gossamer.cli.terminal.start_outcome import StartOutcome

Event = dict[str, Any]


class StartFailed(Exception):
    """The lab said that it cannot start; the message is the lab's."""


def follow_start(events: Iterator[Event]) -> StartOutcome:
    """Show progress until the lab is Ready, until only pods are left that no waiting helps, or
    until the events' patience is over. Raises StartFailed.
    """
    outcome = StartOutcome()
    show = _Live() if sys.stderr.isatty() else _Lines()
    try:
        with show:
            for event in events:
                show.take(event)
                if _ends(event, outcome):
                    return outcome
    except TimeoutError:
        outcome.late = True
        return outcome
    raise StartFailed("the lab ended before it was Ready; see its log")


def _ends(event: Event, outcome: StartOutcome) -> bool:
    """Whether the start is over with this event; what it says of the outcome is noted."""
    match event["event"]:
        case "applied":
            outcome.refused = bool(event["refused"])
        case "stuck":
            outcome.waiting = dict(event["pods"])
        case "failed":
            raise StartFailed(str(event["message"]))
    return event["event"] in ("ready", "stuck")


class _Lines:
    """One line for each thing that happens, to standard error; each line once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def take(self, event: Event) -> None:
        text = _line(event)
        if text and text not in self._told:
            self._told.add(text)
            say(one_line(text), err=True)


OF_PODS = ("selector-matches-nothing", "unknown-target-port", "empty-subset")
"""Findings that rest on pods: true once the pods are there, and not while a lab starts."""

NO_COMMAND_CODE = "no-local-command"

_FLEETING = re.compile(
    r"(starting|ending|not started yet|: started(, restarted \d+ times?)?|: completed"
    r"|probe not answered yet|before it first asks|waiting for its proxy|init containers run)$"
    r"|(readiness|startup) probe: |proxy is not ready|no local command"
)
"""Reasons that pods pass through while they start, and those that the end of a start sums up: a
table shows them, lines do not. A probe that fails for long is told when patience is over."""


def _line(event: Event) -> str:
    match event["event"]:
        case "step":
            return str(event["text"])
        case "pod" if event.get("phase") == "succeeded":
            return f"pod {event['subject']} has completed"
        case "pod" if event.get("ready"):
            return f"pod {event['subject']} is ready"
        case "pod" if event.get("reason") and not _FLEETING.search(str(event["reason"])):
            return f"pod {event['subject']}: {event['reason']}"
        case "fell":
            return f"{event['subject']} ended with status {event['status']}: {event['said']}"
        case "finding" if event["code"] in (*OF_PODS, NO_COMMAND_CODE):
            return ""
        case "finding" if event.get("severity") in ("error", "warning"):
            place = f"{event['file']}:{event['line']}" if event.get("line") else event["file"]
            return f"{place}: {event['severity']}: {event['message']} ({event['effect']})"
    return ""


class _Live:
    """A table of pods that is drawn over while they come up."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._pods: dict[str, Event] = {}
        self._step = ""
        self._live = Live(console=Console(stderr=True), refresh_per_second=8, transient=True)

    def __enter__(self) -> _Live:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def take(self, event: Event) -> None:
        if event["event"] == "pod":
            self._pods.pop(event["subject"], None)
            if not event.get("gone"):
                self._pods[event["subject"]] = event
        elif event["event"] == "step":
            self._step = str(event["text"])
        elif text := _line(event):
            self._live.console.print(visible(text), highlight=False, markup=False)
        self._live.update(self._table())

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        ready = sum(bool(pod.get("ready")) for pod in self._pods.values())
        title = f"{one_line(self._step)}  {ready}/{len(self._pods)} pods ready"
        table = Table(box=None, title=Text(title))
        for head in ("pod", "state"):
            table.add_column(head)
        for key, pod in sorted(self._pods.items()):
            state = "ready" if pod.get("ready") else pod.get("reason") or "starting"
            table.add_row(Text(one_line(key)), Text(one_line(state)))
        return table
