"""A reader can take in a folder at a glance."""

from __future__ import annotations

from pathlib import Path

import pytest

import gossamer

SOURCE = Path(gossamer.__file__).parent
MOST = 15


def entries(folder: Path) -> int:
    """How many files and folders a listing shows, besides what every package has."""
    return len({each.name for each in folder.iterdir()} - {"__init__.py", "__pycache__"})


def crowded(rooms: Path) -> dict[str, int]:
    """The folders inside rooms with more than fifteen entries, and how many they have."""
    folders = [each for each in rooms.glob("*/**") if each.is_dir() and each.name != "__pycache__"]
    counts = {str(each.relative_to(rooms)): entries(each) for each in folders}
    return {name: count for name, count in counts.items() if count > MOST}


def test_no_folder_of_a_room_has_more_than_fifteen_entries() -> None:
    """The rooms themselves are listed in ARCHITECTURE.md; inside one, sixteen are two ideas."""
    assert crowded(SOURCE) == {}


@pytest.mark.parametrize(("files", "expected"), [(15, {}), (16, {"room/part": 16})])
def test_the_sixteenth_entry_is_reported(
    tmp_path: Path, files: int, expected: dict[str, int]
) -> None:
    """The test above can fail."""
    folder = tmp_path / "room" / "part"
    folder.mkdir(parents=True)
    for n in range(files):
        (folder / f"{n}.py").touch()
    (folder / "__init__.py").touch()
    assert crowded(tmp_path) == expected
