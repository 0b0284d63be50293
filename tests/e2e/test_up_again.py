"""`gossamer up` tells the truth: what was refused, what left the files, what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, ordinary_users_lab
from tests.e2e.small_mesh import CLIENT, service, workload

pytestmark = pytest.mark.e2e

REFUSED = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: {hosts: [web], http: [{route: [{destination: {host: web}, weight: lots}]}]}
---
"""
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: seed}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: seed, image: x, command: [sh, -c, "echo seeded"]}]
---
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n---\n"
WEB = workload("web", replicas=2) + service("web")


@pytest.fixture(scope="module")
def mesh() -> Iterator[Lab]:
    """A lab of an ordinary user, not started yet."""
    with ordinary_users_lab("again") as lab:
        yield lab


def up(lab: Lab, text: str, *words: str) -> tuple[int, str, str]:
    """`up --detach` of that text: its exit status, and what it printed."""
    path = lab.home / "again.yaml"
    path.write_text(text)
    done = lab.run("up", str(path), "--detach", "--name", lab.name, *words, ok=False)
    return done.returncode, done.stdout, done.stderr


def test_a_refused_object_is_exit_1_and_a_completed_job_is_done(mesh: Lab) -> None:
    """The rest runs; the error is told once; nobody waits for a Job that has done its work."""
    status, out, err = up(mesh, CLIENT + WEB + JOB + MAP + REFUSED)
    assert status == 1
    assert err.count("is refused") == 1
    assert "an object was refused" in err
    assert "3 of 3 pods are ready, 1 has completed" in out
    assert "onnection refused" not in err
    assert "what to try next:" in err


def test_again_applies_what_changed_and_leaves_the_rest_alone(mesh: Lab) -> None:
    """With the object fixed it is exit 0; what left the files is told, and stays."""
    before = {pod["name"] for pod in mesh.json("get", "pods")}
    status, out, err = up(mesh, CLIENT + WEB.replace("replicas: 2", "replicas: 1") + JOB)
    assert status == 0, err
    assert "Deployment default/web configured" in out
    assert "unchanged" not in out
    assert "ConfigMap default/extra is not in the files any more and stays" in err
    assert "2 of 2 pods are ready" in out
    assert {pod["name"] for pod in mesh.json("get", "pods")} < before


def test_a_file_that_cannot_be_read_removes_nothing(mesh: Lab) -> None:
    """Half of a file says nothing of what is in the other half, --prune or not."""
    status, _, err = up(mesh, CLIENT + "kind: [", "--prune")
    assert status == 1
    assert "deleted" not in err
    assert mesh.json("get", "deploy", "web")


def test_prune_removes_what_left_the_files_and_nothing_else(mesh: Lab) -> None:
    """An object that was applied beside them is no part of them."""
    mesh.apply(MAP.replace("extra", "beside"))
    status, out, err = up(mesh, CLIENT + WEB + JOB, "--prune")
    assert status == 0, err
    assert "ConfigMap default/extra deleted" in err
    assert [each["name"] for each in mesh.json("get", "cm")] == ["beside"]
    status, out, err = up(mesh, CLIENT + WEB + JOB)
    assert (status, err) == (0, "")
    assert "nothing has changed in these files" in out


def test_json_is_all_of_standard_output(mesh: Lab) -> None:
    """A program reads it, the second time as the first."""
    status, out, _ = up(mesh, CLIENT + WEB + JOB + MAP, "-o", "json")
    assert status == 0
    shape = json.loads(out)
    assert {"gateways", "urls", "console", "pods"} <= shape.keys()
    assert [pod["workload"] for pod in shape["pods"] if pod["completed"]] == ["default/seed"]


def test_the_lab_of_another_name_is_another(mesh: Lab, tmp_path: Path) -> None:
    """Again means the same --name."""
    done = mesh.run("open", "--name", "other", ok=False)
    assert done.returncode == 1
    assert "no lab 'other' runs" in done.stderr
