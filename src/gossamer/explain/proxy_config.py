"""What a proxy holds, resource by resource, as the plane would send it."""

from __future__ import annotations

from typing import Any

from gossamer.compile.compiled import Compiled
from gossamer.compile.compiler import compile_resource
from gossamer.compile.kinds import Kind
from gossamer.compile.message import message_of
from gossamer.compile.views import view_of
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.pod import Pod
from gossamer.model.visible import scope_of


class ProxyConfig:
    """One pod's proxy: the very bytes that the plane compiles for it, read back."""

    def __init__(self, mesh: Mesh, pod: Pod) -> None:
        self.mesh, self.pod = mesh, pod
        self._compiled: dict[tuple[Kind, str], Compiled] = {}

    @property
    def scope(self) -> str:
        """What its workload sees, see `scope_of`."""
        return scope_of(self.mesh, self.pod.namespace)

    def get(self, kind: Kind, name: str) -> Any:
        """The message of that name, None where the proxy would get none."""
        body = self._resource(kind, name).body
        return None if body is None else message_of(kind, body)

    def because(self, kind: Kind, name: str) -> tuple[ObjectRef, ...]:
        """The objects that decided it."""
        return self._resource(kind, name).because

    def _resource(self, kind: Kind, name: str) -> Compiled:
        if (kind, name) not in self._compiled:
            view = view_of(self.mesh, self.pod, kind, name)
            self._compiled[kind, name] = compile_resource(self.mesh, view, kind, name)
        return self._compiled[kind, name]
