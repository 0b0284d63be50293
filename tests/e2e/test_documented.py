"""What the pages show can be done, and prints what they say it prints."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.documented import Example, differences, examples
from tests.e2e.lab_under_test import ROOT, Lab, forget, new_home

pytestmark = pytest.mark.e2e
SHIM = '#!/bin/sh\nexec {command} "$@"\n'


@pytest.fixture(scope="module")
def reader() -> Iterator[Lab]:
    """Someone who follows the pages: a state folder of their own, and the default lab."""
    under_test = Lab("default", new_home())
    yield under_test
    under_test.down()
    forget(under_test.home)


def run(example: Example, reader: Lab) -> subprocess.CompletedProcess[str]:
    """The command line as a shell runs it, `gossamer` being this checkout's."""
    folder = reader.home / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "gossamer"
    program.write_text(SHIM.format(command=" ".join(reader.command())))
    program.chmod(0o755)
    env = {**reader.variables(), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", example.command],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        cwd=ROOT,
        env=env,
    )


@pytest.mark.parametrize("page", ["cli.md", "lab.md", "first-hour.md", "security-walk.md"])
def test_a_page_can_be_followed_from_top_to_bottom(page: str, reader: Lab) -> None:
    """Each command ends well and prints the form that is shown; the page ends its own lab."""
    for example in examples(page):
        ran = run(example, reader)
        pipe_was_cut = example.command.rpartition("| ")[2].startswith("head")
        assert ran.returncode == 0 or pipe_was_cut, f"{example.command}\n{ran.stderr[-3000:]}"
        assert not list(differences(example, ran.stdout)), example.command
    assert not (reader.folder / "lab.json").exists()


def test_pods_that_cannot_start_are_not_waited_for(reader: Lab, tmp_path: Path) -> None:
    """`up` says at once what is missing, long before its patience is over; the lab runs on."""
    path = tmp_path / "strange.yaml"
    path.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: strange}\n"
        "spec: {containers: [{name: app, image: 'nobody/knows:1'}]}\n"
    )
    ran = reader.run("up", str(path), "--detach", "--wait", "600", ok=False, timeout=60)
    assert ran.returncode == 1
    assert "1 image has no local command, so these pods are not ready:" in ran.stderr
    assert ran.stderr.count("nobody/knows:1") == 1
    assert "nobody/knows:1  (default/strange)" in ran.stderr
    assert "waiting does not help" in ran.stderr
    found = {each["code"]: each["status"] for each in reader.json("check", ok=False)}
    assert found["commands"] == "error"
    reader.down()


def test_a_control_plane_that_cannot_begin_is_told_with_its_last_words(
    reader: Lab, tmp_path: Path
) -> None:
    """Nobody waits in silence; the lab ends and its log is named."""
    broken = tmp_path / "grpc"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('this wheel is broken')\n")
    reader.env["PYTHONPATH"] = str(tmp_path)
    ran = reader.run("up", "examples/httpbin", "--detach", ok=False, timeout=60)
    del reader.env["PYTHONPATH"]
    assert ran.returncode == 1
    assert "the control plane ended 3 times before it answered" in ran.stderr
    assert "ImportError: this wheel is broken" in ran.stderr
