"""One workload with its proxy on a real Envoy, policies of authorization, and bytes sent to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model import tables
from gossamer.model.finding import Severity
from gossamer.model.workload.federated_domain import FederatedDomain
from gossamer.store.paths import File
from tests.compile.dialling import echoing, greeting
from tests.compile.running_mesh import Plane, Running, Start, an_address

HTTP_PORT, TCP_PORT = 9080, 3306
MESH = f"""
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  selector: {{app: web}}
  ports: [{{name: http, port: {HTTP_PORT}}}, {{name: tcp, port: {TCP_PORT}}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec: {{containers: [{{name: app, image: app}}]}}
"""
PATIENCE_S = 20


def policy(rules: str, action: str = "DENY", name: str = "guard") -> str:
    """An AuthorizationPolicy of the namespace `default`; `rules` is YAML in one line."""
    return f"""---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: default}}
spec: {{action: {action}, rules: {rules}}}
"""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A live workload: what is sent to it, and as whom."""

    running: Running
    authority: Authority

    async def sent(self, raw: bytes, account: str = "", port: int = HTTP_PORT) -> bytes:
        """What comes back for these bytes until the proxy closes; as nobody without account."""
        reader, writer = await self.opened(account, port)
        writer.write(raw)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def opened(
        self, account: str = "", port: int = HTTP_PORT
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection, in plaintext or with the mesh's TLS by an account `NS/NAME`."""
        context = self._context(account, port) if account else None
        return await asyncio.open_connection(self.running.plane.bind, port, ssl=context)

    async def status(
        self,
        path: str = "/",
        *lines: str,
        account: str = "",
        method: str = "GET",
        host: str = "web",
    ) -> int:
        """How a request is answered."""
        head = (f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close", *lines)
        answer = await self.sent("\r\n".join((*head, "", "")).encode("latin-1"), account)
        return int(answer.split()[1])

    def logged(self) -> str:
        """What the proxy wrote, its access log among it."""
        return self.running.log.read_text(errors="replace")

    def _context(self, account: str, port: int) -> ssl.SSLContext:
        namespace, _, name = account.partition("/")
        pod = AttestedPod(namespace, name, name, "here")
        issued = self.authority.issue(pod_template(pod, self.authority.trust_domain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["istio-http/1.1" if port == HTTP_PORT else "istio"])
        with TemporaryDirectory() as folder:
            chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
            chain.write_text(issued.chain)
            key.write_text(issued.key)
            context.load_cert_chain(chain, key)
        return context


@asynccontextmanager
async def guarded(
    start: Start,
    authority: Authority,
    *policies: str,
    federated: tuple[FederatedDomain, ...] = (),
) -> AsyncIterator[Guarded]:
    """The workload, with an application that echoes headers (HTTP) or bytes, having greeted."""
    read = read_all([File("mesh.yaml", (MESH + "".join(policies)).encode())])
    assert [each for each in read.findings if each.severity is Severity.ERROR] == []
    mesh, pods = offline_mesh(read)
    roots = authority.roots_pem.encode()
    mesh = replace(mesh, facts=mesh.facts.set(tables.ROOTS.key("*"), roots))
    mesh = replace(mesh, facts=mesh.facts.set(tables.FEDERATION.key("*"), federated))
    app = an_address()
    plane = Plane(mesh, pods["default/web"], authority, an_address(), app)
    running = await start(plane)
    assert plane.refused == []
    async with echoing(app, HTTP_PORT), greeting(app, TCP_PORT):
        yield Guarded(running, authority)
