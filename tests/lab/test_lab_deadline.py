"""What a command hands to its lab and how long it waits for an answer."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gossamer.cli.commands import up
from gossamer.lab.home import LabFolder
from gossamer.lab.start import LabError, LabHandle


@contextmanager
def holder(path: Path, *lines: bytes) -> Iterator[None]:
    """Says these lines to the first caller and then nothing, without hanging up."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                for line in lines:
                    caller.sendall(line)
                over.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def test_waiting_for_events_ends_in_time(tmp_path: Path) -> None:
    """A lab that says nothing more is left when the time is over, with what it said before."""
    folder = LabFolder(tmp_path)
    with holder(folder.holder_socket, b'{"event": "step"}\n'):
        events = LabHandle(folder, 1).events(0.2)
        assert next(events) == {"event": "step"}
        with pytest.raises(TimeoutError):
            next(events)


def test_no_time_left_is_no_endless_wait(tmp_path: Path) -> None:
    """`--wait 0` looks once and returns."""
    folder = LabFolder(tmp_path)
    with holder(folder.holder_socket), pytest.raises(TimeoutError):
        next(LabHandle(folder, 1).events(0))


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
