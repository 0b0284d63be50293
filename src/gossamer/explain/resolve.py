"""Which address a client dials: the name resolved as the mesh's own resolver would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ScopeView
from gossamer.contract.addresses import is_address
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef

_MOST_ALIASES = 4


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name means: addresses, none where only the outside world knows it."""

    name: str
    addresses: tuple[str, ...]
    because: tuple[ObjectRef, ...] = ()

    @property
    def address(self) -> str | None:
        """The address that is dialled first."""
        return self.addresses[0] if self.addresses else None


def resolve(mesh: Mesh, host: str, namespace: str) -> Resolved:
    """What a client of that namespace dials for a host."""
    if is_address(host):
        return Resolved(host, (str(ip_address(host)),))
    if host.lower() in ("localhost", "localhost."):
        return Resolved(host, ("127.0.0.1",))
    name, because = host.lower(), tuple[ObjectRef, ...]()
    for _ in range(_MOST_ALIASES):
        resolved = _found(mesh, name, namespace)
        if resolved is None:
            break
        answer, refs = resolved
        because += refs
        if "cname" not in answer:
            return Resolved(answer["host"], tuple(answer["addresses"]), because)
        name = answer["cname"]
    return Resolved(name, (), because)


def _found(
    mesh: Mesh, name: str, namespace: str
) -> tuple[dict[str, str], tuple[ObjectRef, ...]] | None:
    for candidate in _candidates(name, namespace):
        compiled = compile_resource(mesh, ScopeView(EVERYWHERE), ResourceType.NAMES, candidate)
        if compiled.body is not None:
            return json.loads(compiled.body), compiled.because
    return None


def _candidates(name: str, namespace: str) -> Iterator[str]:
    """A pod's DNS search path: its namespace first, the name as it is last."""
    if name.endswith("."):
        yield name.rstrip(".")
        return
    for suffix in (f"{namespace}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN):
        yield f"{name}.{suffix}"
    yield name
