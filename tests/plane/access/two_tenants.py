"""A plane that serves two tenants and an operator, asked over its socket as they would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gossamer.plane.access.door import Door
from gossamer.plane.api.application import application
from gossamer.plane.api.server import serving
from gossamer.plane.client import PlaneClient
from gossamer.plane.plane import Plane
from tests.plane.access.doors import door_in
from tests.plane.api.whole_plane import whole_plane

T = TypeVar("T")

SECRET = "c3VwZXIgc2VjcmV0IHZhbHVl"
PLAIN = "super secret value"


def tenant(namespace: str, export: str = "*") -> str:
    """What each of them has: a service, a Secret, a route with a mistake in it."""
    return f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: {namespace}
  annotations: {{networking.istio.io/exportTo: "{export}"}}
spec: {{selector: {{app: web}}, ports: [{{name: http, port: 80}}]}}
---
apiVersion: v1
kind: Secret
metadata: {{name: keys, namespace: {namespace}}}
data: {{password: {SECRET}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: {namespace}}}
spec:
  hosts: [web]
  exportTo: ["{export}"]
  http: [{{route: [{{destination: {{host: nowhere}}}}]}}]
"""


def pod(namespace: str, name: str, ip: str) -> dict[str, Any]:
    """A ready pod of `web`."""
    return {
        "namespace": namespace,
        "name": name,
        "workload": "web",
        "ip": [ip],
        "labels": {"app": "web"},
        "ports": [{"number": 80, "name": "http"}],
        "ready": True,
        "injected": True,
    }


PODS = [pod("team-a", "web-1", "10.244.0.2"), pod("team-b", "web-1", "10.244.0.3")]


@dataclass(frozen=True)
class Tenants:
    """The plane, its folder, and a way to ask it as each of them."""

    plane: Plane
    door: Door
    folder: Path

    def client(self, token: str = "") -> PlaneClient:
        """Asks with the token, or as the socket's owner."""
        return PlaneClient(self.folder / "p.sock", "t", 20, token)

    async def token(self, role: str, *namespaces: str, hosts: tuple[str, ...] = ()) -> str:
        """A new one."""
        body = {"name": f"{role}-{'-'.join(namespaces).replace('*', 'all')}".strip("-")}
        more = {"role": role, "namespaces": [*namespaces], "hosts": [*hosts], "lifetime_s": 60}
        return str((await ask(self.client().create_token, body | more))["token"])

    async def as_(self, role: str, *namespaces: str, hosts: tuple[str, ...] = ()) -> PlaneClient:
        """A client with a new token of that role."""
        return self.client(await self.token(role, *namespaces, hosts=hosts))


async def ask(question: Callable[..., T], *args: Any, **names: Any) -> T:
    """The client blocks, and the plane is on this loop."""
    return await asyncio.to_thread(question, *args, **names)


@asynccontextmanager
async def two_tenants(folder: Path, export_b: str = "*") -> AsyncIterator[Tenants]:
    """team-a and team-b with their objects and pods; the second may keep its service at home."""
    async with whole_plane(folder) as plane:
        door = door_in(folder, plane.pipeline)
        async with serving(application(plane, "1", door), folder / "p.sock"):
            tenants = Tenants(plane, door, folder)
            texts = {"a.yaml": tenant("team-a"), "b.yaml": tenant("team-b", export_b)}
            files = [(name, text.encode()) for name, text in texts.items()]
            await ask(tenants.client().apply, files)
            await ask(tenants.client().observe, "lab", PODS)
            yield tenants
