"""Real Envoys, fed by the plane's own pipeline over delta ADS, on loopback.

Who may connect is not looked at here, and the listener binds to a loopback address of the test's
own; all else is what the plane does.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from gossamer.compile.engine.compiler import BUILDERS
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.protos import socket_address
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import Pod
from gossamer.plane.documents import read_files
from gossamer.plane.streams.proxies import ConnectedProxies, ProxyStream
from gossamer.store.document import document_of
from gossamer.store.paths import File
from gossamer.xds.frame import Node, frame_resource
from gossamer.xds.serve import serve
from tests.plane.rooted_pipeline import rooted_pipeline
from tests.poison.thousand import gateway_pod
from tests.waiting import until

PORT = 18080
_COUNT = itertools.count()


def an_address() -> str:
    """A loopback address that no other test uses."""
    pid = os.getpid()
    return f"127.{220 + next(_COUNT) % 30}.{pid // 250 % 250}.{pid % 250 + 1}"


class Gateway:
    """One plane and a gateway's Envoy, which may be started anew; more pods' where asked for."""

    def __init__(self, folder: Path, pods: tuple[Pod, ...]) -> None:
        self.folder, self.pods = folder, pods
        self.binds = {pod.key: an_address() for pod in pods}
        self.bind = self.binds[pods[0].key]
        self.authority = Authority.open(folder / "ca")
        self.pipeline = rooted_pipeline(self.authority.roots_pem.encode())
        self.pipeline.advance({}, observed_pods(pods))
        self.proxies = ConnectedProxies(self.pipeline)
        self.refusals: list[str] = []
        self._revision = 0
        self._processes: list[asyncio.subprocess.Process] = []

    def apply(self, text: str, file: str = "mesh.yaml") -> list[str]:
        """Apply as the plane does; the codes of what reading it says."""
        reading = read_files([File(file, text.encode("utf-8", "surrogateescape"))])
        self._revision += 1
        documents = (
            replace(document_of(manifest), created_revision=self._revision)
            for manifest in reading.manifests
        )
        self.pipeline.absorb({document.key: document for document in documents})
        return [finding.code for finding in reading.findings]

    def synced(self) -> bool:
        """Whether Envoy has answered all that was sent to it."""
        status = self.proxies.status()
        return bool(status) and all(proxy.synced for proxy in status)

    async def start(self) -> None:
        """Start the Envoys and wait until they serve."""
        for pod in self.pods:
            await self._start(pod)
        for pod in self.pods:
            admin = Admin(self._place(pod) / "admin.sock")
            await until(lambda admin=admin: _live(admin))  # type: ignore[misc]

    def _place(self, pod: Pod) -> Path:
        return self.folder / pod.name

    async def _start(self, pod: Pod) -> None:
        folder = self._place(pod)
        folder.mkdir(exist_ok=True)
        plan = BootstrapPlan(
            node_id=f"{pod.name}.{pod.namespace}",
            node_cluster=f"{pod.workload}.{pod.namespace}",
            ads_socket=f"{self.folder}/ads.sock",
            admin_socket=f"{folder}/admin.sock",
            readiness=(self.binds[pod.key],),
            mark=None,
            resolver="127.0.0.1:9",  # where nobody answers, so that no name is waited for
        )
        (folder / "bootstrap.json").write_bytes(bootstrap(plan))
        command = argv(ProcessPlan(envoy_path(), folder / "bootstrap.json"))
        with (folder / "log").open("ab") as log:
            self._processes.append(
                await asyncio.create_subprocess_exec(
                    *command, env=ENVIRONMENT, stdout=log, stderr=log
                )
            )

    async def stop(self) -> None:
        """Kill the Envoys."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        self._processes.clear()

    async def ask(self, *hosts: str) -> dict[str, int]:
        """The status that each host answers, over one connection."""
        reader, writer = await asyncio.open_connection(self.bind, PORT)
        found = {}
        for host in hosts:
            writer.write(f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length: ")[2].split("\r\n")[0]
            await reader.readexactly(int(length or 0))
            found[host] = int(head.split()[1])
        writer.close()
        return found


async def _live(admin: Admin) -> bool:
    try:
        return await admin.state() == "LIVE"
    except AdminSilent:
        return False


@asynccontextmanager
async def gateway(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *pods: Pod
) -> AsyncIterator[Gateway]:
    """A plane that is listened to; Envoys are started by the test: a gateway's, and a sidecar's."""
    made = Gateway(folder, pods or (gateway_pod(),))
    build = BUILDERS[ResourceType.LISTENER]

    def on_loopback(read: Any, view: Any, name: str) -> Any:
        built = build(read, view, name)
        if isinstance(built, Listener):
            port = built.address.socket_address.port_value
            owner = made.pods[0] if isinstance(view, GatewayView) else made.pods[-1]
            built.address.CopyFrom(socket_address(made.binds[owner.key], port))
            built.ClearField("additional_addresses")
        return built

    secret = _own_certificate(made.authority)
    get = ProxyStream.get

    def with_own(stream: Any, type_url: str, name: str) -> Any:
        own = (type_url, name) == (ResourceType.SECRET.value, "default")
        return secret if own else get(stream, type_url, name)

    refuse = ProxyStream.rejected

    def noted(stream: Any, type_url: str, name: str, version: str, message: str) -> None:
        made.refusals.append(f"{stream.pod} {type_url.rpartition('.')[2]} {name}: {message}")
        refuse(stream, type_url, name, version, message)

    monkeypatch.setattr(ProxyStream, "rejected", noted)
    monkeypatch.setattr(ProxyStream, "get", with_own)
    monkeypatch.setitem(BUILDERS, ResourceType.LISTENER, on_loopback)
    monkeypatch.setattr("gossamer.plane.streams.proxies.admit_proxy", _named_by_node)
    serving = await serve([f"unix:{folder}/ads.sock"], made.proxies.streams)
    try:
        yield made
    finally:
        await made.stop()
        await serving.close()


def _named_by_node(mesh: Any, peer: Any, node: Node, metadata: Any) -> str:
    name, _, namespace = node.id.partition(".")
    return f"{namespace}/{name}"


def _own_certificate(authority: Authority) -> Any:
    """What an agent would answer for its workload's own certificate."""
    issued = authority.issue(pod_template(AttestedPod("default", "gw", "default", "here")))
    secret = Secret(name="default")
    secret.tls_certificate.certificate_chain.inline_string = issued.chain
    secret.tls_certificate.private_key.inline_string = issued.key
    body = secret.SerializeToString()
    return frame_resource(ResourceType.SECRET.value, "default", "1", body, (), ())


@asynccontextmanager
async def answering(address: str) -> AsyncIterator[int]:
    """A backend that answers 200 to everything; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, address, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
