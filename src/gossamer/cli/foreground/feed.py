"""The holder's events as they come, beside keys and files: a socket to select on."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gossamer.process.json_lines.line import line_of, read_object

CHUNK = 1 << 16
_TROUBLE = re.compile(r"exited with|ended by|could not be|does not exist|probe failed")

Event = dict[str, Any]


class EventFeed:
    """Events since it was opened; what the lab had told before is taken as known."""

    def __init__(self, holder: Path) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(holder))
        self._connection.sendall(line_of({"op": "subscribe"}))
        self._connection.setblocking(False)
        self._rest = b""
        self.ended = False

    def close(self) -> None:
        self._connection.close()

    def fileno(self) -> int:
        return self._connection.fileno()

    def events(self) -> list[Event]:
        """What has come; `ended` is set when the lab has hung up."""
        while not self.ended:
            try:
                raw = self._connection.recv(CHUNK)
            except BlockingIOError:
                break
            except OSError:
                raw = b""
            self.ended = not raw
            self._rest += raw
        *lines, self._rest = self._rest.split(b"\n")
        return [event for line in lines if (event := read_object(line)) is not None]


class Happenings:
    """Events in words, where they are news of something that somebody should see."""

    def __init__(self) -> None:
        self._pods: dict[str, Mapping[str, Any]] = {}

    def line(self, event: Event) -> str:
        """Empty where there is nothing to say."""
        match event["event"]:
            case "pod":
                before = self._pods.get(event["subject"], {})
                self._pods[event["subject"]] = event
                return _of_pod(event, before)
            case "fell":
                return f"{event['subject']} ended with status {event['status']}: {event['said']}"
            case "failed":
                return str(event["message"])
        return ""


def _of_pod(event: Event, before: Mapping[str, Any]) -> str:
    name, reason = event["subject"], str(event.get("reason") or "")
    if not before:
        return ""
    if event.get("gone"):
        return f"pod {name} is gone"
    if event.get("phase") == "succeeded":
        return "" if before.get("phase") == "succeeded" else f"pod {name} has completed"
    if event.get("ready"):
        return "" if before.get("ready") else f"pod {name} is ready"
    if before.get("ready") or (_TROUBLE.search(reason) and reason != before.get("reason")):
        return f"pod {name} is not ready: {reason}"
    return ""
