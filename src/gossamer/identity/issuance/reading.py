"""Reading the issuance log as it is, without its writer: all of it, or what comes from now on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gossamer.identity.issuance.entry import BadLine, ChainedEntry, read_line
from gossamer.identity.issuance.segments import Segments, lines_of


def entries(folder: Path, last: int | None = None) -> list[ChainedEntry]:
    """The entries, the oldest first; the last so many of them. Lines that are not right are left
    out: verification reports them."""
    readable = (each for path in Segments(folder).all() for each in _read(lines_of(path)))
    return list(deque(readable, maxlen=last))


def new_entries(folder: Path, after: int, wait: Callable[[], None]) -> Iterator[ChainedEntry]:
    """Entries past sequence `after` as they come, for ever; `wait` passes time between looks."""
    while True:
        files = Segments(folder).all()[-2:]
        for entry in (each for path in files for each in _read(lines_of(path))):
            if entry.sequence > after:
                after = entry.sequence
                yield entry
        wait()


def _read(lines: Iterable[tuple[int, bytes]]) -> Iterator[ChainedEntry]:
    for _, line in lines:
        try:
            yield read_line(line)
        except BadLine:
            continue
