"""What proxies would get in a mesh of files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format

from gossamer.compile.compiler import compile_resource
from gossamer.compile.held import held
from gossamer.compile.kinds import Kind
from gossamer.compile.message import message_of
from gossamer.compile.reads import Reader
from gossamer.compile.routes import visible
from gossamer.compile.views import view_of
from gossamer.model.mesh import Mesh
from gossamer.model.pod import Pod, ProxyRole
from gossamer.model.visible import scope_of


def compiled_for(mesh: Mesh, pod: Pod) -> dict[str, Any]:
    """Every resource that the pod's proxy holds or could ask for: type -> name -> body."""
    found: dict[str, Any] = {}
    for kind, name in sorted(_names(mesh, pod), key=lambda pair: (pair[0].value, pair[1])):
        compiled = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name)
        if compiled.body is not None:
            body = json.loads(json_format.MessageToJson(message_of(kind, compiled.body)))
            found.setdefault(kind.value.rpartition(".")[2], {})[name] = body
    return found


def _names(mesh: Mesh, pod: Pod) -> set[tuple[Kind, str]]:
    names = {(kind, name) for kind in Kind for name in held(mesh, pod, kind).names}
    names |= set(_could_ask(mesh, pod)) if pod.role is ProxyRole.SIDECAR else set()
    for kind, name in tuple(names):
        view = view_of(mesh, pod, kind, name)
        names |= set(compile_resource(mesh, view, kind, name).needs)
    return names


def _could_ask(mesh: Mesh, pod: Pod) -> Iterator[tuple[Kind, str]]:
    """The virtual hosts of all that it sees, by full name, and the clusters of the rest."""
    for service in visible(Reader(mesh), scope_of(mesh, pod.namespace)):
        for port in service.ports:
            if port.protocol.is_http:
                yield Kind.VIRTUAL_HOST, f"{port.number}/{service.host}"
            else:
                yield Kind.CLUSTER, f"outbound|{port.number}||{service.host}"
                yield Kind.ENDPOINTS, f"outbound|{port.number}||{service.host}"
