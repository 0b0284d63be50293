"""Sockets that only their owner reaches, at every moment of their making."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from gossamer.process.private_socket import bound_privately, listen_private, peer_uid


@pytest.fixture(autouse=True)
def careless_umask() -> object:
    """The user's umask forbids nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_socket_is_private_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file has mode 0600 when it appears, before anybody could connect."""
    seen: list[int] = []

    class Watched(socket.socket):
        def listen(self, *backlog: int) -> None:
            seen.extend(mode(path) for path in tmp_path.iterdir())
            super().listen(*backlog)

    monkeypatch.setattr(socket, "socket", Watched)
    with listen_private(tmp_path / "a.sock"):
        assert seen == [0o600]
        assert [path.name for path in tmp_path.iterdir()] == ["a.sock"]
        assert mode(tmp_path / "a.sock") == 0o600


def test_making_a_socket_leaves_the_umask_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other threads make meanwhile has the mode that they asked for."""

    def refuse(_: int) -> int:
        raise AssertionError("the umask is the whole process's")

    monkeypatch.setattr(os, "umask", refuse)
    listen_private(tmp_path / "a.sock").close()
    monkeypatch.undo()


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    """Whoever connects reaches the new one; a killed predecessor left the other."""
    path = tmp_path / "a.sock"
    listen_private(path).close()
    with listen_private(path) as listener, socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
        taken, _ = listener.accept()
        with taken:
            assert peer_uid(taken) == os.geteuid()


def test_what_another_binds_is_out_of_reach_until_it_is_private(tmp_path: Path) -> None:
    """A library that sets no mode binds inside a folder of mode 0700, which goes afterwards."""
    path = tmp_path / "b.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        with bound_privately(path) as draft:
            listener.bind(str(draft))
            listener.listen()
            assert mode(draft.parent) == 0o700
            assert mode(draft) != 0o600
        assert mode(path) == 0o600
        assert [each.name for each in tmp_path.iterdir()] == ["b.sock"]


def test_a_library_that_cannot_bind_leaves_nothing(tmp_path: Path) -> None:
    """Its error passes, and the folder that was made for it goes."""

    def fail() -> None:
        raise RuntimeError("no port")

    with pytest.raises(RuntimeError, match="no port"), bound_privately(tmp_path / "b.sock"):
        fail()
    assert not list(tmp_path.iterdir())
