"""Applications of a lab get an identity of their own by the SPIFFE Workload API."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.failures import kill_and_await
from tests.e2e.lab_under_test import Lab, until
from tests.e2e.small_mesh import SLEEPS, with_identity, workload

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WATCH = Path(__file__).with_name("watch_svid.py").read_text()
CURL = "docker.io/curlimages/curl:8.16.0"


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """Two pods with an identity."""
    pods = (with_identity(workload(name, CURL, more=SLEEPS)) for name in ("cart", "till"))
    lab.up_text("".join(pods))
    return lab


@contextmanager
def watched(lab: Lab, pod: str) -> Iterator[subprocess.Popen[str]]:
    """The public client in a pod, writing down what it is given."""
    head = ("exec", "--name", lab.name, "-n", "default", pod, "--")
    with lab.start(*head, *lab.env_words(), lab.command()[0], "-c", WATCH) as process:
        try:
            yield process
        finally:
            process.terminate()


def given(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next identity."""
    assert process.stdout
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def phase(lab: Lab) -> str:
    return str(lab.json("identity", "status")["phase"])


def test_each_application_has_its_own_through_a_rotation(mesh: Lab) -> None:
    """Each is given its own pod's identity, proven by the root that it is told to believe. The
    agent dies, and the root is exchanged: the stream of before goes on to tell."""
    with watched(mesh, "deploy/cart") as cart, watched(mesh, "deploy/till") as till:
        first, other = given(cart), given(till)
        assert first["spiffe"] == "spiffe://cluster.local/ns/default/sa/default"
        assert [first["pod"][0][:5], other["pod"][0][:5]] == ["cart-", "till-"]
        assert first["serial"] != other["serial"]
        kill_and_await(mesh, "agent")
        mesh.run("identity", "rotate", "--name", mesh.name, "--wait")
        last = first
        while last["serial"] == first["serial"] or last["believed"] != 1:
            assert last["proven"] == 1, "never a certificate that its own bundle does not prove"
            last = given(cart)
        assert (last["pod"], last["proven"]) == (first["pod"], 1)
    assert until(lambda: phase(mesh) == "done")
