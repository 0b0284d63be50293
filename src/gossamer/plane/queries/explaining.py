"""The mesh as a proxy holds it, for explaining its calls."""

from __future__ import annotations

from dataclasses import replace

from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Discovery


def with_all_hosts(mesh: Mesh, source: str) -> Mesh:
    """The same mesh where the pod's proxy gets every host without asking.

    So does one that asked for more undeclared hosts than it may (decision 27), whatever its
    annotation says; another listener and other routes then answer for its calls.
    """
    pod = mesh.lookup(tables.PODS, source)
    if pod is None or pod.discovery is Discovery.EAGER:
        return mesh
    eager = replace(pod, discovery=Discovery.EAGER)
    return assemble(mesh, {}, {tables.PODS.key(source): eager})[0]
