"""The lines of a log, with the time of each as far as the holder noted it."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from gossamer.cli.logs.sources import LogSource

NumberedLine = tuple[int, bytes]
"""Where a line begins in its file, and its bytes."""

Clock = Callable[[], Sequence[tuple[float, int]]]
"""Asks for the marks of a log: seconds since 1970, and its size then."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """What stands before each line."""

    timestamps: bool = False
    prefix: bool = False

    @property
    def plain(self) -> bool:
        return not (self.timestamps or self.prefix)


class LineTimes:
    """When each line of one log was written, to half a second; the marks are asked for late."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks: Sequence[tuple[float, int]] = ()

    def of(self, offset: int) -> datetime:
        """The time of the first mark beyond an offset; of what has none yet, now."""
        if not self._marks or self._marks[-1][1] <= offset:
            self._marks = self._clock()
        at = bisect_right(self._marks, offset, key=lambda mark: mark[1])
        if at == len(self._marks):
            return datetime.now(UTC)
        return datetime.fromtimestamp(self._marks[at][0], UTC)


def numbered(file: BinaryIO, end: int | None) -> Iterator[NumberedLine]:
    """The lines from where the file stands on, up to an offset."""
    offset = file.tell()
    while end is None or offset < end:
        line = file.readline() if end is None else file.readline(end - offset)
        if not line:
            return
        yield offset, line
        offset += len(line)


def chosen(
    lines: Iterable[NumberedLine], times: LineTimes, since: datetime | None, tail: int | None
) -> Iterable[NumberedLine]:
    """Those written since a moment, and of them the last ones."""
    if since:
        lines = (line for line in lines if times.of(line[0]) >= since)
    return lines if tail is None else deque(lines, tail)


def decorated(source: LogSource, line: NumberedLine, times: LineTimes, style: LineStyle) -> bytes:
    """A line as it is printed."""
    offset, text = line
    before = source.prefix if style.prefix else ""
    if style.timestamps:
        before += f"{times.of(offset).strftime('%Y-%m-%dT%H:%M:%S.%fZ')} "
    if not style.plain and not text.endswith(b"\n"):
        text += b"\n"
    return before.encode() + text
