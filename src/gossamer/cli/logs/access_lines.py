"""Lines of the access logs of a lab's proxies, read from the end of their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gossamer.agent.folder import folder_name
from gossamer.cli.lab_access.pods import key_of
from gossamer.envoy.access_log_line import parse_line
from gossamer.explain.failures.hops import LoggedCall
from gossamer.lab.home import LabFolder

MOST_BYTES = 64 << 20
"""So much of a log is read, from its end."""


@dataclass(frozen=True, slots=True)
class AccessLines:
    """The calls of some proxies' logs. `unread` lines are no lines of a call as Envoy writes them:
    a caller put quotes where none belong. `shortened` are the pods whose log is longer than what
    was read."""

    calls: tuple[LoggedCall, ...]
    unread: int = 0
    shortened: tuple[str, ...] = ()


def since_text(seconds: float) -> str:
    """The moment so long ago, as lines write it."""
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def access_lines(
    lab: LabFolder, pods: Iterable[Mapping[str, Any]], since: str = "", holding: str = ""
) -> AccessLines:
    """The calls that began since then; with `holding` those alone whose line holds that text."""
    calls: list[LoggedCall] = []
    unread, shortened = 0, list[str]()
    for pod in pods:
        key = key_of(dict(pod))
        path = lab.agent / folder_name(key) / "access.log"
        if not pod["proxy"] or not path.exists():
            continue
        if path.stat().st_size > MOST_BYTES:
            shortened.append(key)
        for text in _lines(path):
            if holding and holding not in text:
                continue
            line = parse_line(text)
            if line is None:
                unread += text.startswith("[2")
            elif line.at >= since:
                calls.append(LoggedCall(key, line))
    return AccessLines(tuple(calls), unread, tuple(shortened))


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        size = path.stat().st_size
        if size > MOST_BYTES:
            file.seek(size - MOST_BYTES)
            file.readline()
        for raw in file:
            yield raw.decode(errors="replace")
