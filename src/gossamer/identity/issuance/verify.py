"""Is the issuance log whole? Every line's own digest, its hold on the line before, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gossamer.identity.issuance.entry import BadLine, follows, read_line
from gossamer.identity.issuance.segments import Segments, lines_of


@dataclass(frozen=True, slots=True)
class Verified:
    """How many lines hold together; `problem` says where they do not, and how, else empty."""

    lines: int
    problem: str = ""


def verify(folder: Path) -> Verified:
    """Look at every line that is kept. OSError where one cannot be read."""
    files = Segments(folder)
    place, count = files.anchor(), 0
    for path in files.all():
        for number, line in lines_of(path):
            try:
                place = follows(place, read_line(line))
            except BadLine as bad:
                return Verified(count, f"{path}:{number}: {bad}")
            count += 1
    head = files.head()
    if head.sequence > place.sequence:
        missing = f"it ends at line {place.sequence} and was {head.sequence} lines long"
        return Verified(count, f"{files.growing}: {missing}: the end was removed")
    if head.sequence == place.sequence and head.digest != place.digest:
        return Verified(count, f"{files.growing}: its last line is not the one that was written")
    return Verified(count)
