"""What a command hands to its lab and how long it waits for an answer."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gossamer.cli.commands.lab import up
from gossamer.lab.home import LabFolder
from gossamer.lab.start import LabError, LabHandle
from tests.process.one_caller import says


def test_waiting_for_events_ends_in_time(tmp_path: Path) -> None:
    """A lab that says nothing more is left when the time is over, with what it said before."""
    folder = LabFolder(tmp_path)
    with says(folder.holder_socket, b'{"event": "step"}\n'):
        events = LabHandle(folder, 1).events(0.2)
        assert next(events) == {"event": "step"}
        with pytest.raises(TimeoutError):
            next(events)


def test_no_time_left_is_no_endless_wait(tmp_path: Path) -> None:
    """`--wait 0` looks once and returns."""
    folder = LabFolder(tmp_path)
    with says(folder.holder_socket), pytest.raises(TimeoutError):
        next(LabHandle(folder, 1).events(0))


@pytest.mark.parametrize("said", [b"[]\n", b"nonsense\n", b""])
def test_a_holder_that_answers_nonsense_is_told_in_words(tmp_path: Path, said: bytes) -> None:
    """No traceback, and no promise of what became of the request."""
    folder = LabFolder(tmp_path)
    with (
        says(folder.holder_socket, said, hangs_up=True),
        pytest.raises(LabError, match=r"does not answer at .* may be done or not; see"),
    ):
        LabHandle(folder, 1).call("list")


def test_the_lifetime_goes_to_the_lab_and_not_into_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--certificate-lifetime` is handed to the lab's programs; this process stays as it is."""
    handed: list[str | None] = []

    def start(*words: Any) -> LabHandle:
        handed.append(words[3]["GOSSAMER_CERTIFICATE_LIFETIME"])
        raise LabError("enough")

    mesh = tmp_path / "mesh.yaml"
    mesh.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    monkeypatch.setattr(up, "start", start)
    monkeypatch.setattr(up, "preflight", tuple)
    monkeypatch.setattr(up, "interrupt_on_endings", lambda: None)
    with tempfile.TemporaryDirectory(prefix="gl") as home:  # short, as sockets need it
        monkeypatch.setenv("GOSSAMER_HOME", home)
        CliRunner().invoke(up.up, [str(mesh), "--certificate-lifetime", "2h"])
    assert handed == ["2h"]
    assert "GOSSAMER_CERTIFICATE_LIFETIME" not in os.environ
