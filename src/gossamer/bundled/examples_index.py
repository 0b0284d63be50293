"""Which examples there are: the folders, with the line that the README beside them has on each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^- \[(?P<name>[\w-]+)/\]\([^)]*\): (?P<summary>.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Example:
    """A bundled application: its name, a line on what it shows, its folder."""

    name: str
    summary: str
    folder: Path

    def files(self) -> tuple[Path, ...]:
        """All its files, in the order of their paths."""
        return tuple(sorted(path for path in self.folder.rglob("*") if path.is_file()))


def examples_in(folder: Path) -> tuple[Example, ...]:
    """The examples that README.md of `folder` lists, in its order."""
    text = (folder / "README.md").read_text()
    return tuple(
        Example(match["name"], match["summary"], folder / match["name"])
        for match in _LINE.finditer(text)
    )
