"""No spelling of a path leads past a rule at a gateway."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.cli.reading import read_all
from gossamer.explain.explain import explain_call
from gossamer.explain.walk.call import OUTSIDE, Call
from gossamer.identity.authority import Authority
from gossamer.model.mesh import Mesh
from gossamer.store.paths import File
from tests.compile.running_mesh import Start
from tests.security.edge_stage import PORT, SETTINGS, fronted

pytestmark = pytest.mark.e2e

PLAIN = ("/admin", "/./admin", "/x/../admin", "/%61dmin", "/x/%2e%2e/admin", "/x\\..\\admin")
MERGED = ("//admin", "///admin", "/x/..//admin", "/.//admin")
DECODED = ("/%2fadmin", "/%2Fadmin", "/%5cadmin", "/x/..%2fadmin", "/x%2f..%2fadmin", "//%2f/admin")
FORMS = {
    "NONE": ("/admin",),
    "BASE": PLAIN,
    "MERGE_SLASHES": (*PLAIN, *MERGED),
    "DECODE_AND_MERGE_SLASHES": (*PLAIN, *MERGED, *DECODED),
    "DEFAULT": (*PLAIN, *MERGED, *DECODED),
}


@pytest.mark.parametrize("form", FORMS)
async def test_forbidden_however_it_is_spelled(
    start: Start, authority: Authority, tmp_path: Path, form: str
) -> None:
    """Each form of `pathNormalization` does what its name says, and no more; a gateway's own
    default leaves no way round."""
    settings = f"pathNormalization: {{normalization: {form}}}\n" if form != "DEFAULT" else ""
    async with fronted(start, authority, tmp_path, settings) as front:
        for path in (*PLAIN, *MERGED, *DECODED):
            expected = 403 if path in FORMS[form] else 200
            assert await front.status(path) == expected, path
            assert _explained(front.running.plane.mesh, path) == expected, path
        assert await front.status("/open?next=//admin") == 200


def _explained(mesh: Mesh, path: str) -> int:
    call = Call(OUTSIDE, "GET", "http", "front.example", PORT, "front.example", path)
    return explain_call(mesh, call).status or 200


def test_an_unknown_form_is_refused() -> None:
    """Settings that nobody understands are not in force, and their author is told."""
    text = SETTINGS + "    pathNormalization: {normalization: EVERYTHING}\n"
    (finding,) = read_all([File("it.yaml", text.encode())]).findings
    assert "EVERYTHING" in finding.message
