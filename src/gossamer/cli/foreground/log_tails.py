"""What all containers of a lab write, line by line, each with its pod's name before it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.process.visible import visible

CHUNK = 1 << 18
LONGEST = 1 << 16
LAST_WORDS = 4096
COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "bright_cyan", "bright_green")
_STYLE = re.compile("\x1b\\[[0-9;]*m")


@dataclass(slots=True)
class Tail:
    """A log that is read as it grows; one that was replaced is read from its start."""

    path: Path
    offset: int = 0
    rest: bytes = b""

    def lines(self) -> Iterator[str]:
        """The whole lines that are new."""
        try:
            size = self.path.stat().st_size
            if size < self.offset:
                self.offset, self.rest = 0, b""
            if size == self.offset:
                return
            with self.path.open("rb") as log:
                log.seek(self.offset)
                raw = log.read(CHUNK)
        except OSError:
            return
        self.offset += len(raw)
        *whole, self.rest = (self.rest + raw).split(b"\n")
        if len(self.rest) > LONGEST:
            whole, self.rest = [*whole, self.rest], b""
        yield from (line.decode(errors="replace") for line in whole)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line with the pod and container that wrote it."""

    label: str
    text: str
    colour: str


class LogTails:
    """The logs of the pods that are there; who came later is read from the start."""

    def __init__(self) -> None:
        self._tails: dict[str, Tail] = {}
        self._begun = False

    def lines(self, pods: Iterable[Mapping[str, Any]]) -> Iterator[LogLine]:
        """What was written since the last look; at first only the last words of troubled pods."""
        for pod in pods:
            several = len(pod["containers"]) > 1
            for each in (*pod["init_containers"], *pod["containers"]):
                tail = self._tails.get(each["log"])
                if tail is None:
                    tail = self._tails[each["log"]] = Tail(Path(each["log"]), self._start(each))
                label = label_of(pod, each["name"] if several else "")
                for text in tail.lines():
                    yield LogLine(label, text, colour_of(str(pod["workload"])))
        self._begun = True

    def _start(self, container: Mapping[str, Any]) -> int:
        if self._begun:
            return 0
        try:
            size = Path(container["log"]).stat().st_size
        except OSError:
            return 0
        return size if container["ready"] else max(0, size - LAST_WORDS)


def label_of(pod: Mapping[str, Any], container: str = "") -> str:
    """`POD`, or `NAMESPACE/POD` outside the default one; with a container where it has several."""
    where = "" if pod["namespace"] == "default" else f"{pod['namespace']}/"
    return f"{where}{pod['name']}{' ' + container if container else ''}"


def colour_of(workload: str) -> str:
    """The same for all pods of a workload, at every start."""
    return COLOURS[zlib.crc32(workload.encode()) % len(COLOURS)]


def shown_text(text: str, *, coloured: bool) -> str:
    """An application's line for a terminal that others write to as well: its colours stay where
    there are any, and end with the line; all other control characters are shown."""
    parts = _STYLE.split(text.rstrip("\r"))
    if not coloured:
        return "".join(map(visible, parts))
    styles = [*_STYLE.findall(text), ""]
    styled = "".join(visible(part) + style for part, style in zip(parts, styles, strict=True))
    return f"{styled}\x1b[0m" if len(styles) > 1 else styled
