"""Every feature has calls whose explanation is promised: NAME.explain.yaml beside NAME.in.yaml.

A case is `{from, call, method, headers, expect}`; what `expect` holds must be in the JSON that
`gossamer explain` prints. Of a list, each expected item must be among the told ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import gossamer
from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.explain.explain import explain_call
from gossamer.explain.report.shaping import shape_of
from gossamer.explain.walk.call import call_to
from tests.features.golden import FOLDER, case_at, read_case

FILES = sorted(FOLDER.glob("*/*.explain.yaml"))
CASES = [
    pytest.param(path, case, id=f"{path.parent.name}/{path.name.partition('.')[0]}: {case['call']}")
    for path in FILES
    for case in yaml.safe_load(path.read_text())
]
POLICIES = Path(gossamer.__file__).parent / "model/policies"
WORDS = sorted(path.stem for path in POLICIES.rglob("[a-z]*.py"))


@pytest.mark.parametrize(("path", "case"), CASES)
def test_explained_call(path: Path, case: dict[str, Any]) -> None:
    """The explanation of the call holds what is expected."""
    golden = case_at(path.with_name(path.name.replace(".explain.", ".in.")))
    mesh, _ = offline_mesh(read_case(golden))
    headers = case.get("headers", {}).items()
    call = call_to(case["from"], case["call"], case.get("method", "GET"), headers)
    told = msgspec.to_builtins(shape_of(explain_call(mesh, call)))
    assert list(missing(case["expect"], told)) == []


@pytest.mark.parametrize("word", WORDS)
def test_it_is_explained(word: str) -> None:
    """There is at least one call of the feature."""
    assert [path for path in FILES if path.parent.name == word]


def missing(wanted: Any, told: Any, at: str = "") -> list[str]:
    """The places where something wanted was not told."""
    if isinstance(wanted, dict) and isinstance(told, dict):
        return [
            gap
            for key, value in wanted.items()
            for gap in missing(value, told.get(key), f"{at}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(told, list) and wanted:
        gaps = (min((missing(w, t, at) for t in told), key=len, default=[at]) for w in wanted)
        return [gap for found in gaps for gap in found]
    return [] if wanted == told else [f"{at} is {told!r}, not {wanted!r}"]
