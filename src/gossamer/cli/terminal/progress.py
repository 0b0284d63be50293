"""Watching a lab start: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.cli.terminal.output import one_line, say, visible

Event = dict[str, Any]


class StartFailed(Exception):
    """The lab said that it cannot start; the message is the lab's."""


def follow_start(events: Iterator[Event]) -> Mapping[str, str]:
    """Show progress until the lab is Ready: `{}`; or until only pods are left that no waiting
    helps, as pod to reason. Raises StartFailed.
    """
    show = _Live() if sys.stderr.isatty() else _Lines()
    with show:
        for event in events:
            show.take(event)
            if event["event"] == "ready":
                return {}
            if event["event"] == "stuck":
                return dict(event["pods"])
            if event["event"] == "failed":
                raise StartFailed(str(event["message"]))
    raise StartFailed("the lab ended before it was Ready; see its log")


class _Lines:
    """One line for each thing that happens, to standard error."""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def take(self, event: Event) -> None:
        text = _line(event)
        if text:
            say(one_line(text), err=True)


OF_PODS = ("selector-matches-nothing", "unknown-target-port", "empty-subset")
"""Findings that rest on pods: true once the pods are there, and not while a lab starts."""

_FLEETING = ("starting", "not started yet", ": started", "readiness probe not answered yet")
"""Reasons that every pod passes through in a moment: a table shows them, lines do not."""


def _line(event: Event) -> str:
    match event["event"]:
        case "step":
            return str(event["text"])
        case "pod" if event.get("ready"):
            return f"pod {event['subject']} is ready"
        case "pod" if event.get("reason") and not str(event["reason"]).endswith(_FLEETING):
            return f"pod {event['subject']}: {event['reason']}"
        case "fell":
            return f"{event['subject']} ended with status {event['status']}: {event['said']}"
        case "finding" if event["code"] in OF_PODS:
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
