"""What the command line says of stand-ins: the offer, and the lab.yaml that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gossamer.cli.commands.lab.up import up
from gossamer.cli.commands.manifests.apply import apply
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.stand_ins import offer_stand_ins
from gossamer.lab.lab_file import read_lab_file
from gossamer.lab.plan.image_rules import ImageRule

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: wait, image: "registry.example/wait:1"}]
      containers:
      - name: web
        image: registry.example:5000/shop/web:2.1@sha256:0
        ports: [{containerPort: 8080}]
        env: [{name: CART_ADDR, value: "cart:7070"}]
      - {name: known, image: redis}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{name: grpc, port: 7070}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOSSAMER_HOME", "/nowhere")
    manifests = tmp_path / "k8s"
    manifests.mkdir()
    (manifests / "app.yaml").write_text(APP)
    return manifests


def test_the_offer_has_the_exact_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To be copied: with the paths as they were written, and the lab's name."""
    monkeypatch.setattr(sys, "argv", ["gossamer", "up", "my app", "--name", "lab 2"])
    offer_stand_ins(["no local command for image 'x' of container 'y'"], "lab 2")
    told = capsys.readouterr().err
    assert "  gossamer apply --stand-in --name 'lab 2' " in told
    assert "  gossamer up 'my app' --name 'lab 2' --stand-in " in told
    assert "  gossamer up 'my app' --name 'lab 2' --stand-in=write " in told


def test_nothing_is_offered_where_it_would_not_help(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing Secret is no missing command."""
    offer_stand_ins(["Secret shop/key does not exist"], "default")
    assert capsys.readouterr().err == ""


def test_a_lab_file_is_written_that_up_reads(folder: Path) -> None:
    """One entry an image without its tag; what has a stand-in of its own is left out."""
    ran = CliRunner().invoke(up, ["--stand-in=write", str(folder)])
    target = folder / "lab.yaml"
    assert ran.output == (
        f"wrote {target} with 2 images; edit it, then start: gossamer up {folder}\n"
    )
    lab, findings = read_lab_file(target.read_bytes(), str(target))
    assert findings == ()
    assert lab.stand_in
    assert lab.rules == (
        ImageRule("registry.example/wait", "stand-in"),
        ImageRule("registry.example:5000/shop/web", "stand-in"),
    )
    text = target.read_text()
    assert "# Deployment default/web, wait (ends at once)" in text
    assert "# listens on 8080" in text
    assert "# calls grpc://cart.default.svc.cluster.local:7070 (env CART_ADDR)" in text


def test_a_lab_file_that_is_there_is_kept_unless_asked(folder: Path) -> None:
    """Somebody may have edited it."""
    target = folder / "lab.yaml"
    target.write_text("stand-in: true\n")
    ran = CliRunner().invoke(up, [str(folder / "app.yaml"), "--stand-in=write"])
    assert isinstance(ran.exception, CliError)
    assert "nothing was written" in str(ran.exception)
    assert "--overwrite" in str(ran.exception)
    assert target.read_text() == "stand-in: true\n"
    CliRunner().invoke(up, [str(folder), "--stand-in=write", "--overwrite"])
    assert "registry.example/wait" in target.read_text()


def test_the_option_takes_no_path_for_its_value(folder: Path) -> None:
    """`--stand-in PATH` is the option and a path."""
    ran = CliRunner().invoke(up, ["--stand-in", str(folder / "nothing.yaml")])
    assert "nothing.yaml: no such file or folder" in str(ran.exception)


def test_apply_says_what_is_wrong_in_a_lab_file(folder: Path) -> None:
    """Before it asks any lab."""
    (folder / "lab.yaml").write_text("images:\n  web: 7\n")
    ran = CliRunner().invoke(apply, ["-f", str(folder / "lab.yaml")])
    assert f"{folder / 'lab.yaml'}:2: " in str(ran.exception)
    assert "Nothing is done" in str(ran.exception)
