"""`analyze` holds what proxies would get against Envoy's constraints, below the readers' checks.

What we know that Envoy refuses is told by the readers at its line. So one of their checks is
taken away here, to stand for what nobody has thought of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gossamer.cli.commands.manifests.analyze import analyze
from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.foresight import foresee
from gossamer.dialects.istio.virtual_service import match, string_match
from gossamer.store.paths import File

TOWN = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec:
  containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, trafficPolicy: {connectionPool: {tcp: {maxConnections: 9}}}}
"""
ROUTE = """\
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: NAME, namespace: shop}
spec:
  hosts: [HOST]
  http:
  - match: [{headers: {x-user: {prefix: "VALUE"}}}]
    route: [{destination: {host: web}}]
  - route: [{destination: {host: web}}]
"""
GATEWAY = """\
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front, namespace: shop}
spec:
  selector: {istio: ingress}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress, namespace: shop}
spec:
  selector: {matchLabels: {istio: ingress}}
  template:
    metadata: {labels: {istio: ingress}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
"""


def route(name: str, value: str, host: str = "web") -> str:
    """A VirtualService that compares a header with the value."""
    return ROUTE.replace("NAME", name).replace("VALUE", value).replace("HOST", host)


def behind_gateway(name: str, value: str) -> str:
    """The same for calls through the gateway, to a host of its own."""
    text = route(name, value, f"{name}.example")
    return text.replace("  http:", "  gateways: [front]\n  http:")


def analyzed(folder: Path, text: str) -> list[dict[str, Any]]:
    """What `gossamer analyze -o json` prints of the text."""
    (folder / "town.yaml").write_text(text)
    ran = CliRunner().invoke(analyze, [str(folder / "town.yaml"), "-o", "json"])
    told: list[dict[str, Any]] = json.loads(ran.stdout)
    assert ran.exit_code == any(each["severity"] == "error" for each in told)
    return told


@pytest.fixture
def unaware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that take an empty prefix, which Envoy does not."""
    for module in (match, string_match):
        monkeypatch.setattr(module, "check_prefix", lambda fields, found: None)


@pytest.mark.usefixtures("unaware")
def test_what_the_readers_miss_is_told_at_its_object(tmp_path: Path) -> None:
    """The VirtualService is named with its line, and neither the Service nor the rule beside it."""
    (finding,) = analyzed(tmp_path, TOWN + route("bad", ""))
    assert (finding["code"], finding["severity"]) == ("rejected-by-envoy", "error")
    assert finding["object"] == "VirtualService shop/bad"
    assert finding["file"].endswith("town.yaml")
    assert finding["line"] == len(TOWN.splitlines()) + 2
    assert "string_match.prefix" in finding["message"]
    assert "must have 1 characters or more" in finding["message"]


@pytest.mark.usefixtures("unaware")
def test_every_guilty_object_of_a_gateway_is_told(tmp_path: Path) -> None:
    """They share one route configuration with the innocent, who are not named."""
    said = {"a": "", "b": "x", "c": "", "d": "y"}
    text = TOWN + GATEWAY + "".join(behind_gateway(*each) for each in said.items())
    told = [each for each in analyzed(tmp_path, text) if each["code"] == "rejected-by-envoy"]
    assert [each["object"] for each in told] == [
        "VirtualService shop/a",
        "VirtualService shop/c",
    ]


def test_what_the_readers_refuse_is_told_once(tmp_path: Path) -> None:
    """An object that has an error already is not told again."""
    told = analyzed(tmp_path, TOWN + route("bad", ""))
    assert [each["code"] for each in told] == ["unknown-match"]


@pytest.mark.usefixtures("unaware")
def test_good_values_are_quiet(tmp_path: Path) -> None:
    """Nothing is said of what Envoy takes."""
    assert analyzed(tmp_path, TOWN + route("good", "x")) == []


@pytest.mark.parametrize(("most", "whole"), [(10_000, True), (3, False)])
def test_a_mesh_beyond_the_bound_is_said_to_be(most: int, whole: bool) -> None:
    """The walk ends where it is told to, and says that it did not see everything."""
    read = read_all([File("town.yaml", (TOWN + route("good", "x")).encode())])
    mesh, pods = offline_mesh(read)
    assert foresee(mesh, pods.values(), most).whole is whole
