"""Parts that are frozen, cut off or without a disk under load: nobody who calls notices."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.failures import config_map, kept, kill_and_await, pid_of, pushed, undisturbed, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

URL = "http://web/status/200"
ENOUGH = 300
"""Requests that are sent while a part is out of action."""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client and what it calls."""
    lab.up_text(SMALL)
    return lab


@contextmanager
def _frozen(lab: Lab, name: str) -> Iterator[None]:
    """A program stands still; many calls from another pod are answered in that time."""
    pid = pid_of(lab, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _calls_go_on(lab: Lab) -> None:
    """New connections, from a pod that called before, are answered."""
    report = lab.load("deploy/client", URL, "--rate=100", f"--count={ENOUGH}")
    assert report["by_status"] == {"200": ENOUGH}, report


def test_a_frozen_plane(mesh: Lab) -> None:
    """An apply waits; thawed, the plane takes it and sends nobody what they hold."""
    with undisturbed(mesh, URL):
        mesh.apply(config_map("before"))
        before = pushed(mesh)
        with _frozen(mesh, "plane"):
            path = mesh.home / "meanwhile.yaml"
            path.write_text(config_map("meanwhile"))
            waiting = mesh.start("apply", "-f", str(path), "--name", mesh.name)
            _calls_go_on(mesh)
            assert waiting.poll() is None
        out, err = waiting.communicate(timeout=60)
        assert waiting.returncode == 0, err
        assert "meanwhile" in out
        until(lambda: whole(mesh))
        assert pushed(mesh) == before
    assert {"before", "meanwhile"} <= kept(mesh)


def test_a_frozen_agent(mesh: Lab) -> None:
    """Envoys serve what they hold; thawed, the agent has them as they were."""
    with undisturbed(mesh, URL):
        before = pushed(mesh)
        with _frozen(mesh, "agent"):
            _calls_go_on(mesh)
        until(lambda: whole(mesh))
        assert pushed(mesh) == before


def test_cut_sockets(mesh: Lab) -> None:
    """Plane and agent lose the sockets at which they are found, and then their lives: whoever
    comes back makes them anew, and nobody asks for what is held."""
    found = {
        "plane": [mesh.folder / "plane.sock", mesh.folder / "xds.sock"],
        "agent": [mesh.folder / "agent.sock", *(mesh.folder / "agent").rglob("ads.sock")],
    }
    with undisturbed(mesh, URL):
        for name, paths in found.items():
            for path in paths:
                path.unlink()
            _calls_go_on(mesh)
            kill_and_await(mesh, name)
            until(lambda: whole(mesh))
            assert all(path.is_socket() for path in paths)
        assert {kind: n for (_, kind), n in pushed(mesh).items() if n} == {}
