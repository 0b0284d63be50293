"""Going on with logs as more is written, until their containers have ended or Ctrl-C."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from gossamer.cli.logs.lines import LineStyle, LineTimes, NumberedLine, decorated
from gossamer.cli.logs.sources import LogSource

LOOK_S = 0.2
LOOKS_AT_PODS = 5
"""Every so many looks at the files the lab is asked who still runs."""

_CHUNK = 1 << 20

Show = Callable[[LogSource, bytes], None]


@dataclass(slots=True)
class OpenLog:
    """A log that is read on, from where `file` stands; `rest` is a line without its end yet."""

    source: LogSource
    file: BinaryIO
    times: LineTimes
    rest: bytes = b""
    offset: int = field(default=0)

    def news(self, style: LineStyle) -> bytes:
        """What was written since the last look; whole lines where something stands before them."""
        if style.plain:
            return self._read()
        self.offset = self.file.tell() - len(self.rest)
        *lines, self.rest = (self.rest + self._read()).split(b"\n")
        return b"".join(self._decorated(line + b"\n", style) for line in lines)

    def _decorated(self, line: bytes, style: LineStyle) -> bytes:
        numbered: NumberedLine = (self.offset, line)
        self.offset += len(line)
        return decorated(self.source, numbered, self.times, style)

    def _read(self) -> bytes:
        data = self.file.read(_CHUNK)
        if not data and self._moved_away():
            self.file.close()
            self.file = self.source.path.open("rb")
            data = self.file.read(_CHUNK)
        return data

    def _moved_away(self) -> bool:
        """A full log is renamed when its container starts again."""
        try:
            now = self.source.path.stat()
        except OSError:
            return False
        held = os.fstat(self.file.fileno())
        return (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino)


def follow(
    logs: Sequence[OpenLog], style: LineStyle, show: Show, ended: Callable[[], frozenset[str]]
) -> None:
    """Show what is written, until all pods are among those that `ended` names."""
    looks = 0
    while logs:
        quiet = True
        for log in logs:
            if text := log.news(style):
                show(log.source, text)
                quiet = False
        looks += 1
        if quiet and looks % LOOKS_AT_PODS == 0:
            gone = ended()
            logs = [log for log in logs if log.source.pod not in gone]
        if quiet:
            select.select([], [], [], LOOK_S)
