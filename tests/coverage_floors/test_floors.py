"""The ratchet of coverage: what it says, and that it turns one way only."""

from __future__ import annotations

import tomllib
from pathlib import Path

import gossamer
from tests.coverage_floors.floors import FLOORS, failures, measured, raised

REPORT = {
    "files": {
        "src/gossamer/xds/a.py": {"summary": {"num_statements": 60, "covered_lines": 60}},
        "src/gossamer/xds/b/c.py": {"summary": {"num_statements": 40, "covered_lines": 30}},
        "src/gossamer/dns/a.py": {"summary": {"num_statements": 10, "covered_lines": 5}},
        "src/gossamer/__init__.py": {"summary": {"num_statements": 0, "covered_lines": 0}},
    }
}


def test_a_room_is_measured_as_one() -> None:
    """All of a folder's lines count together, those of the folders in it too."""
    assert measured(REPORT) == {"dns": 50.0, "xds": 90.0}


def test_a_room_that_fell_is_named() -> None:
    """With what it has and what it should have; one at its floor passes."""
    (fallen,) = failures({"dns": 49.9, "xds": 90.0}, {"dns": 50, "xds": 90})
    assert fallen.startswith("dns: unit tests run 49.9 % of its lines, less than its floor of 50 %")


def test_rooms_and_floors_name_each_other() -> None:
    """A new room needs a floor, and a floor needs its room."""
    assert [each[:16] for each in failures({"new": 90.0}, {"old": 80})] == [
        "new has no floor",
        "old has a floor ",
    ]


def test_floors_only_rise() -> None:
    """A worse run leaves them; a better one raises them, a point of slack aside."""
    assert raised({"dns": 20.0, "xds": 97.9, "new": 50.0}, {"dns": 50, "xds": 90}) == {
        "dns": 50,
        "xds": 96,
        "new": 49,
    }


def test_every_room_has_a_floor() -> None:
    """A room that is added without one fails here already, without a run of coverage."""
    source = Path(gossamer.__file__).parent
    rooms = {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    assert set(tomllib.loads(FLOORS.read_text())["floors"]) == rooms
