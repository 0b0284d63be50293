"""The files of an issuance log: the one that grows, older ones that are whole, and where it ends.

`issuance.jsonl` grows. Past SEGMENT_BYTES it is put aside under the sequence of its first line,
and the chain goes on in a new file. Of these KEPT_SEGMENTS stay; `anchor.json` says which line
the oldest that is kept follows. `head.json` says how far the log goes, so that a cut end shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gossamer.identity.issuance.entry import LogPosition
from gossamer.process.private_files import write_atomic

LOG_FOLDER = "issuance"
"""The log's folder, in that of its authority."""

SEGMENT_BYTES = 8 << 20
"""About 15,000 lines."""

KEPT_SEGMENTS = 15


@dataclass(frozen=True, slots=True)
class Segments:
    """The paths of one log, in a private folder."""

    folder: Path

    @property
    def growing(self) -> Path:
        return self.folder / "issuance.jsonl"

    @property
    def lock(self) -> Path:
        return self.folder / ".lock"

    @property
    def _head(self) -> Path:
        return self.folder / "head.json"

    @property
    def _anchor(self) -> Path:
        return self.folder / "anchor.json"

    def all(self) -> tuple[Path, ...]:
        """Every file with lines, the oldest first."""
        growing = (self.growing,) if self.growing.exists() else ()
        return (*self.aside(), *growing)

    def aside(self) -> tuple[Path, ...]:
        """The files that were put aside, the oldest first."""
        return tuple(sorted(self.folder.glob("issuance-*.jsonl")))

    def head(self) -> LogPosition:
        """How far the log goes by its own word; nowhere if it never said."""
        return _place(self._head)

    def anchor(self) -> LogPosition:
        """What the oldest line that is kept follows."""
        return _place(self._anchor)

    def set_head(self, place: LogPosition) -> None:
        """Say how far the log goes."""
        write_atomic(self._head, msgspec.json.encode(place))

    def set_anchor(self, place: LogPosition) -> None:
        """Say what the oldest kept line follows."""
        write_atomic(self._anchor, msgspec.json.encode(place))

    def put_aside(self, first: int) -> None:
        """Put the growing file aside; `first` is the sequence of its first line."""
        self.growing.replace(self.folder / f"issuance-{first:015}.jsonl")


def _place(path: Path) -> LogPosition:
    try:
        return msgspec.json.decode(path.read_bytes(), type=LogPosition)
    except (FileNotFoundError, ValueError):
        return LogPosition()


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each whole line of a file with its number, without newline; a torn last one is left out."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield number, line[:-1]
