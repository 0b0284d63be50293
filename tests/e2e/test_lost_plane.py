"""Whatever part of the control plane is killed under load, and however often: nobody notices.

GOSSAMER_KILLS sets how often the plane is killed (20; by hand 1000).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.e2e.failures import (
    envoys,
    kill,
    kill_and_await,
    pid_of,
    plane,
    pushed,
    settled,
    under_load,
    whole,
)
from tests.e2e.lab_under_test import Lab, answers, until
from tests.e2e.small_mesh import SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

KILLS = int(os.environ.get("GOSSAMER_KILLS", "20"))
FEW = 5
FIRST_USES = 10
URL = "http://web/status/200"
_TELL = "\n%{http_code}\n%{time_total}"
_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
"""


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A client and what it calls."""
    lab.up_text(SMALL)
    return lab


def test_a_killed_plane_fails_no_request_and_says_nothing_twice(mesh: Lab) -> None:
    """Killed again and again under load: every request is answered, no connection breaks, and
    a plane that is back sends none of what everyone holds already."""
    with under_load(mesh, "deploy/client", URL) as load:
        until(lambda: whole(mesh))
        running = envoys(mesh)
        for _ in range(KILLS):
            until(lambda: settled(mesh, "plane"))
            kill_and_await(mesh, "plane")
            until(lambda: whole(mesh))
            assert sum(pushed(mesh).values()) == 0, pushed(mesh)
        load.end()
    load.assert_whole()
    assert envoys(mesh) == running


def test_a_killed_agent_fails_no_request_and_takes_its_proxies_up_again(mesh: Lab) -> None:
    """Its Envoys run on, are taken up as they are, and hear nothing that they hold; names
    resolve meanwhile, and the plane has nothing to say either."""
    with under_load(mesh, "deploy/client", URL) as load:
        until(lambda: whole(mesh))
        running, before = envoys(mesh), pushed(mesh)
        for _ in range(FEW):
            kill_and_await(mesh, "agent")
            assert mesh.status_of("deploy/client", URL) == 200
            until(lambda: whole(mesh))
            told = {k: n for k, n in pushed(mesh, "agent").items() if k[1] != "Secret"}
            assert sum(told.values()) == 0, told
        load.end()
    load.assert_whole()
    assert envoys(mesh) == running
    assert pushed(mesh) == before


def test_a_killed_resolver_is_back_before_anyone_gives_up(mesh: Lab) -> None:
    """Names resolve again within two seconds; what is connected does not notice."""
    with under_load(mesh, "deploy/client", URL) as load:
        for _ in range(FEW):
            kill_and_await(mesh, "dns")
            until(lambda: mesh.status_of("deploy/client", URL) == 200, 2.0)
        load.end()
    load.assert_whole()


def test_what_was_applied_survives_a_kill(mesh: Lab) -> None:
    """`apply` answers when it is on disk: a SIGKILL right behind the answer loses nothing."""
    for round_ in range(FEW):
        name = f"kept-{round_}"
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n"
        applied = plane(mesh).apply([("kept.yaml", text.encode())])
        before = pid_of(mesh, "plane")
        os.kill(before, 9)
        until(lambda: whole(mesh))
        found = plane(mesh).documents("ConfigMap", "default", name)
        assert [each["name"] for each in found["documents"]] == [name]
        assert found["revision"] >= applied["revision"]


def test_first_uses_while_the_plane_restarts(mesh: Lab) -> None:
    """A name that its proxy never used is asked for at the very moment at which the plane dies:
    it waits for the next plane, or is told why not, within a second in either case."""
    mesh.apply("---\n".join(_SERVICE.format(name=f"new-{i}") for i in range(FIRST_USES)))
    until(lambda: whole(mesh))
    answered: Counter[str] = Counter()
    for i in range(FIRST_USES):
        url = f"http://new-{i}/status/200"
        until(lambda: settled(mesh, "plane"))
        kill(mesh, "plane")
        body, status, took = mesh.curl("deploy/client", url, "-w", _TELL).rsplit("\n", 2)
        answered[status] += 1
        assert status == "200" or "control plane is unavailable" in body, (status, body)
        assert float(took) < 1.0, (status, took)
        answers(mesh, "deploy/client", url, 200)
        until(lambda: whole(mesh))
    print(f"first uses while the plane was away: {dict(answered)}")
    assert answered.total() == FIRST_USES
