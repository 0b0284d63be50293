"""`gossamer explain`: what people and programs see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gossamer.cli.commands.insight import explain
from gossamer.cli.error import CliError
from gossamer.lab.home import LabFolder
from tests.explain.explained import TOWN

TEAPOT = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /teapot}}]
    directResponse: {status: 418}
  - route: [{destination: {host: reviews}}]
"""


@pytest.fixture
def mesh(tmp_path: Path) -> str:
    """A file with a mesh in it."""
    path = tmp_path / "mesh.yaml"
    path.write_text(TOWN + TEAPOT)
    return str(path)


def test_for_people(mesh: str) -> None:
    """Verdict, the deciding line and the losers are printed."""
    asked = ["--from", "client", "-f", mesh, "http://reviews:9080/coffee"]
    told = CliRunner().invoke(explain.explain, asked)
    assert told.exit_code == 0, told.output
    line = (TOWN + TEAPOT).splitlines().index("  - route: [{destination: {host: reviews}}]") + 1
    assert f"{mesh}:{line}  VirtualService default/reviews  spec.http[1]" in told.output
    assert "rule 0, match 0 of default/reviews: needs a path that begins with" in told.output
    assert "\nrouted\n" in told.output


def test_for_programs(mesh: str) -> None:
    """-o json is one value with the promised keys; workloads and methods are understood."""
    asked = ["--from", "deploy/client", "-f", mesh, "http://reviews:9080/teapot", "-o", "json"]
    told = CliRunner().invoke(explain.explain, [*asked, "-X", "POST", "-H", "x: y"])
    found = json.loads(told.output)
    assert (found["verdict"], found["status"]) == ("direct_response", 418)
    assert found["call"].startswith("POST ")


def test_nobody_calls(mesh: str) -> None:
    """An unknown caller is trouble that names those that are known."""
    told = CliRunner().invoke(explain.explain, ["--from", "x", "-f", mesh, "http://reviews:9080/"])
    assert isinstance(told.exception, CliError)
    assert "default/client" in str(told.exception)


def test_a_door_of_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway's URL on this machine means the gateway's own port, with the same Host header."""
    doors = [{"name": "default/front", "port": "8080", "url": "http://127.0.0.1:18080"}]
    monkeypatch.setattr("gossamer.cli.commands.insight.explain.ask", lambda *_: {"gateways": doors})
    asked: list[Any] = []
    monkeypatch.setattr(
        "gossamer.cli.commands.insight.explain.plane_client", lambda *_: _Plane(asked)
    )
    lab = LabFolder.of(Path("/x"), "default")
    request = explain._Request("http://127.0.0.1:18080/x", "GET", [], None)
    explain._live(lab, "outside", "default", request)
    host = ("Host", "127.0.0.1:18080")
    assert asked == [("outside", "http://127.0.0.1:8080/x", "GET", [host], "127.0.0.1")]
    with pytest.raises(CliError, match="cannot be read"):
        explain._live(lab, "outside", "default", request._replace(url="http://["))


class _Plane:
    def __init__(self, asked: list[Any]) -> None:
        self._asked = asked

    def explain(self, *call: Any) -> dict[str, Any]:
        self._asked.append(call)
        return {}
