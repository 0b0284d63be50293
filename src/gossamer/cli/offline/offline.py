"""What proxies would get in a mesh of files alone."""

from __future__ import annotations

from typing import Any

from gossamer.compile.engine.closure import all_bodies
from gossamer.compile.engine.message import shown
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod


def compiled_for(mesh: Mesh, pod: Pod) -> dict[str, Any]:
    """Every resource that the pod's proxy holds or could ask for: type -> name -> body."""
    by_kind: dict[str, Any] = {}
    bodies = all_bodies(mesh, pod)
    for kind, name in sorted(bodies, key=lambda pair: (pair[0].value, pair[1])):
        body = shown(kind, bodies[kind, name])
        by_kind.setdefault(kind.value.rpartition(".")[2], {})[name] = body
    return by_kind
