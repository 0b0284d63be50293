"""A command line with an empty state folder, and files to give to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine


@pytest.fixture
def gossamer() -> Iterator[CommandLine]:
    """The command line with an empty state folder; its path is short, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="goc") as home:
        yield CommandLine(Path(home))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file into the test's folder."""

    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return put
