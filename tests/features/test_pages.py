"""What the pages show can be applied as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.model.finding import Severity
from gossamer.store.paths import File
from tests.features.proxies import all_bodies

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted((DOCS / "features").glob("*.md")), DOCS / "defaults.md"]
FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOWN = "".join(
    f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: 9080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}, version: v2}}}}
spec: {{containers: [{{name: app, image: app}}]}}
"""
    for name in ("client", "reviews", "reviews-v2")
)
EXAMPLES = [
    pytest.param(page, found[1], id=f"{page.stem}-{at}")
    for page in PAGES
    for at, found in enumerate(FENCE.finditer(page.read_text()))
]


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_example(page: Path, text: str) -> None:
    """Each example is read with nothing to say against it, and changes what some proxy holds."""
    before, after = (_compiled(page, each) for each in (TOWN, f"{TOWN}---\n{text}"))
    assert before != after


def _compiled(page: Path, text: str) -> dict[str, dict]:  # type: ignore[type-arg]
    read = read_all([File(page.name, text.encode())])
    assert [f for f in read.findings if f.severity is not Severity.INFO] == []
    mesh, pods = offline_mesh(read)
    return {key: all_bodies(mesh, pod, ("9080/unknown",)) for key, pod in sorted(pods.items())}
