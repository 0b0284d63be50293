"""A gateway of one mesh on a real Envoy, an application behind it, and raw bytes sent to both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.identity.authority import Authority
from gossamer.model.workload.pod import Pod
from gossamer.store.paths import File
from tests.compile.dialling import echoing
from tests.compile.running_mesh import Plane, Running, Start, an_address

PORT, APP_PORT = 18080, 19080
MESH = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: app, namespace: istio-system}}
spec:
  hosts: [app.example]
  ports: [{{number: {app_port}, name: http, protocol: HTTP}}]
  resolution: STATIC
  endpoints: [{{address: {app}}}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: front, namespace: istio-system}}
spec:
  selector: {{istio: ingressgateway}}
  servers: [{{port: {{number: {port}, name: http, protocol: HTTP}}, hosts: ["*"]}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: all, namespace: istio-system}}
spec:
  hosts: ["*"]
  gateways: [front]
  http:
  - match: [{{uri: {{prefix: /admin}}}}]
    directResponse: {{status: 403}}
  - route: [{{destination: {{host: app.example}}}}]
"""
SETTINGS = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
"""


@dataclass(frozen=True, slots=True)
class Front:
    """A live gateway, and how to come to it."""

    running: Running
    door: Path

    @property
    def address(self) -> str:
        return self.running.plane.bind

    async def sent(self, raw: bytes, *, by_door: bool = False) -> bytes:
        """What comes back for these bytes, until the gateway closes."""
        open_ = asyncio.open_unix_connection if by_door else asyncio.open_connection
        where = (str(self.door),) if by_door else (self.address, PORT)
        reader, writer = await open_(*where)
        writer.write(raw)
        try:
            async with asyncio.timeout(30):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def seen(
        self, *lines: str, path: str = "/", before: bytes = b"", by_door: bool = False
    ) -> Mapping[str, str]:
        """The headers that the application gets of a request with these."""
        answer = await self.sent(before + request(path, *lines), by_door=by_door)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        told: Mapping[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
        return told

    async def status(self, path: str) -> int:
        """How a path is answered."""
        return int((await self.sent(request(path))).split()[1])


def request(path: str, *lines: str, method: str = "GET") -> bytes:
    """A request whose answer ends its connection."""
    head = (f"{method} {path} HTTP/1.1", "host: front.example", "connection: close", *lines)
    return ("\r\n".join((*head, "", ""))).encode()


@asynccontextmanager
async def fronted(
    start: Start, authority: Authority, folder: Path, settings: str = "", more: str = ""
) -> AsyncIterator[Front]:
    """A gateway with these settings of the mesh, and more documents; /admin is forbidden at it."""
    app = an_address()
    text = MESH.format(app=app, app_port=APP_PORT, port=PORT)
    if settings:
        text += SETTINGS + indent(settings, "    ")
    read = read_all([File("mesh.yaml", (text + more).encode())])
    mesh, pods = offline_mesh(read)
    (pod,) = pods.values()
    running = await start(Plane(mesh, with_doors(pod, folder), authority, an_address()))
    assert running.plane.refused == []
    async with echoing(app, APP_PORT):
        yield Front(running, folder / f"in-{PORT}")


def with_doors(pod: Pod, folder: Path) -> Pod:
    """The gateway as in a lab, which comes to it by a socket."""
    return replace(pod, name="gw", doors=str(folder))
