"""What Envoy would do with a call, in the mesh as the caller's proxy holds it."""

from __future__ import annotations

from dataclasses import replace

from gossamer.explain.explain import explain_call
from gossamer.explain.report.shapes import ExplanationShape
from gossamer.explain.report.shaping import shape_of
from gossamer.explain.walk.call import call_to
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Discovery
from gossamer.plane.api.shapes import CallBody


def explanation(mesh: Mesh, asked: CallBody, has_all: bool) -> ExplanationShape:
    """The answer for a call; `has_all` if the proxy was sent every host. Raises BadCall."""
    request = call_to(asked.source, asked.url, asked.method, asked.headers, asked.client)
    held = with_all_hosts(mesh, asked.source) if has_all else mesh
    return shape_of(explain_call(held, request))


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
