"""Two teams with policies between them, and no lab: who may call whom, asked of the mesh alone."""

from __future__ import annotations

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.model.finding import Severity
from gossamer.model.mesh import Mesh
from gossamer.store.paths import File
from tests.e2e.guarded_teams import POLICIES, SERVICES, TEAMS


def teams_mesh(*texts: str) -> Mesh:
    """The mesh of the two teams and these manifests, which must have no errors."""
    text = "---\n".join((TEAMS + SERVICES + POLICIES, *texts))
    read = read_all([File("teams.yaml", text.encode())])
    assert [f for f in read.findings if f.severity is Severity.ERROR] == []
    return offline_mesh(read)[0]
