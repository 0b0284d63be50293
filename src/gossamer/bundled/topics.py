"""Which pages the documentation has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DocsTopic:
    """A page: its name (path without `.md`), its title, its file."""

    name: str
    title: str
    path: Path


def topics_in(folder: Path) -> tuple[DocsTopic, ...]:
    """Every Markdown page below `folder`, those of the top first; an index goes by its folder."""
    pages = [path for path in folder.rglob("*.md") if path != folder / "README.md"]
    named = sorted(
        (len(path.relative_to(folder).parts) > 1, _name(path, folder), path) for path in pages
    )
    return tuple(DocsTopic(name, _title(path), path) for _, name, path in named)


def _name(path: Path, folder: Path) -> str:
    inside = path.relative_to(folder)
    return str(inside.parent if inside.name == "README.md" else inside.with_suffix(""))


def _title(path: Path) -> str:
    """The first heading; the page's own name where it has none."""
    lines = path.read_text().splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)
