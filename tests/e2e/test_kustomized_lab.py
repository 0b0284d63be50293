"""A base with an overlay comes up by one command, and says where each thing was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, forget, new_home

pytestmark = pytest.mark.e2e
FILES = {
    "base/kustomization.yaml": """\
resources: [web.yaml]
configMapGenerator: [{name: settings, literals: [color=blue]}]
""",
    "base/web.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: kennethreitz/httpbin
        ports: [{containerPort: 80}]
        env:
        - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
        - {name: ROOM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
        resources: {limits: {memory: 64Mi}}
""",
    "dev/kustomization.yaml": """\
namespace: shop
namePrefix: dev-
resources: [../base, client.yaml]
configMapGenerator: [{name: settings, behavior: merge, literals: [color=green]}]
""",
    "dev/client.yaml": """\
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: app, image: curlimages/curl, command: [sleep, infinity]}]}
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The overlay, with its base beside it."""
    place = tmp_path_factory.mktemp("kustomized")
    for name, text in FILES.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return place / "dev"


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    """One lab of the rendered folder."""
    home = new_home()
    lab = Lab("kustomized", home)
    try:
        lab.up("-k", folder)
        yield lab
    finally:
        lab.down()
        forget(home)


def test_the_overlay_runs(lab: Lab) -> None:
    """Under its names, with what the generated ConfigMap and the container's limits say."""
    rows = [pod for pod in lab.json("get", "pods", "-A") if pod["ready"]]
    assert {pod["labels"].get("app", pod["name"]) for pod in rows} >= {"web", "dev-client"}
    said = lab.run("exec", "--name", lab.name, "-n", "shop", "deploy/dev-web", "--", "env").stdout
    assert {"COLOR=green", "ROOM=64"} <= set(said.split())


def test_an_explanation_points_into_the_base(lab: Lab, folder: Path) -> None:
    """The Service stands in line 1 of the base's file, whatever the overlay calls it."""
    words = ("explain", "--name", lab.name, "--from", "shop/dev-client", "http://dev-web/")
    assert f"{folder.parent}/base/web.yaml:1 " in lab.run(*words).stdout


def test_another_overlay_is_applied_and_deleted(lab: Lab, folder: Path) -> None:
    """A new content has a new name, and the Deployment follows it."""
    file = folder / "kustomization.yaml"
    file.write_text(file.read_text().replace("green", "red"))
    applied = lab.json("apply", "-k", str(folder))["applied"]
    assert {
        each["object"].partition(" ")[0] for each in applied if each["action"] == "created"
    } == {"ConfigMap"}
    deleted = lab.json("delete", "-k", str(folder))["deleted"]
    assert "Deployment shop/dev-web" in deleted
