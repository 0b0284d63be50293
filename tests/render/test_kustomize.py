"""A folder with a kustomization.yaml gives the objects that kustomize makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gossamer.render.disk import LocalFiles
from gossamer.render.kustomize.build import build
from gossamer.render.kustomize.node import plain

HERE = Path(__file__).parent
FOLDERS = HERE / "folders"
CASES = sorted(p.parent.name for p in FOLDERS.glob("*/kustomization.yaml"))
ALONE = [name for name in CASES if name != "team"]
"""All but the component, which stands for nothing by itself."""


def rendered(name: str) -> list[Any]:
    """The objects of one folder; every case renders without an error."""
    objects, findings = build(str(FOLDERS / name), LocalFiles())
    assert findings == ()
    return [json.loads(json.dumps(plain(each))) for each in objects]


def ordered(objects: Iterable[Any]) -> list[str]:
    """Objects in an order of their own, so that only what they say is compared."""
    return sorted(json.dumps(_ports_sorted(each), sort_keys=True) for each in objects)


def _ports_sorted(value: Any, name: str = "") -> Any:
    """The order of a list of ports means nothing, and kustomize's own follows no rule."""
    if isinstance(value, dict):
        return {key: _ports_sorted(each, key) for key, each in value.items()}
    if isinstance(value, list):
        items = [_ports_sorted(each) for each in value]
        return (
            sorted(items, key=lambda each: json.dumps(each, sort_keys=True))
            if name == "ports"
            else items
        )
    return value


@pytest.mark.parametrize("name", ALONE)
def test_a_folder_renders_as_recorded(name: str) -> None:
    """The recorded objects were compared with kustomize's own when they were written."""
    recorded = yaml.safe_load_all((HERE / "expected" / f"{name}.yaml").read_text())
    assert ordered(rendered(name)) == ordered(recorded)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl, with kustomize in it, is missing")
@pytest.mark.parametrize("name", ALONE)
def test_a_folder_renders_as_kustomize_renders_it(name: str) -> None:
    """Names, hashes, references, patches and all: what `kubectl kustomize` prints."""
    run = subprocess.run(
        ["kubectl", "kustomize", str(FOLDERS / name)], capture_output=True, text=True, check=True
    )
    assert ordered(rendered(name)) == ordered(yaml.safe_load_all(run.stdout))
