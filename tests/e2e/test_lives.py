"""Short-lived certificates: renewed under load, alive without a plane, fixed after their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.e2e.failures import envoys, under_load, whole
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LIFE = timedelta(seconds=30)
URL = "http://web/status/200"


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client and what it calls, with certificates that live half a minute."""
    lab.env["GOSSAMER_CERTIFICATE_LIFETIME"] = f"{LIFE.total_seconds():.0f}s"
    lab.up_text(SMALL)
    return lab


def _ends(lab: Lab) -> dict[str, datetime]:
    """When each proxy's certificate ends, as `status` says."""
    rows = lab.json("status")["proxies"]
    ends = {row["pod"]: row["certificate_expires"] for row in rows}
    return {pod: datetime.fromisoformat(at) for pod, at in ends.items()}


def _renewed(lab: Lab, before: dict[str, datetime]) -> bool:
    """Whether every proxy has another certificate than before."""
    now = _ends(lab)
    return now.keys() == before.keys() and all(now[pod] > before[pod] for pod in before)


def test_renewals_fail_no_request(mesh: Lab) -> None:
    """Each proxy gets two new certificates under load: no request fails, no connection breaks."""
    with under_load(mesh, "deploy/client", URL) as load:
        until(lambda: whole(mesh))
        running = envoys(mesh)
        for _ in range(2):
            until(partial(_renewed, mesh, _ends(mesh)), 2 * LIFE.total_seconds())
        load.end()
    load.assert_whole()
    assert envoys(mesh) == running
    assert all(at <= datetime.now(UTC) + LIFE for at in _ends(mesh).values())


def test_a_plane_held_down_past_half_a_life(mesh: Lab) -> None:
    """What should have been renewed lives on to its end and `status` says so; a plane that is back
    before that renews it, and nobody noticed."""
    with under_load(mesh, "deploy/client", URL) as load:
        until(lambda: whole(mesh))
        mesh.run("plane", "stop", "--name", mesh.name)
        held = _ends(mesh)
        until(lambda: min(held.values()) - datetime.now(UTC) < 0.3 * LIFE, LIFE.total_seconds())
        assert _ends(mesh) == held
        mesh.run("plane", "start", "--name", mesh.name)
        until(lambda: _renewed(mesh, held))
        load.end()
    load.assert_whole()


def test_a_plane_held_down_past_the_end(mesh: Lab) -> None:
    """Certificates end; with the plane back all of them are renewed, unasked, and calls succeed."""
    mesh.run("plane", "stop", "--name", mesh.name)
    held = _ends(mesh)
    until(lambda: max(held.values()) < datetime.now(UTC), 2 * LIFE.total_seconds())
    assert _ends(mesh) == held
    told = mesh.run("check", "--name", mesh.name, ok=False)
    assert "certificate has expired" in told.stdout
    mesh.run("plane", "start", "--name", mesh.name)
    until(lambda: _renewed(mesh, held))
    until(lambda: mesh.status_of("deploy/client", URL) == 200)
    until(lambda: whole(mesh))
