"""The agent as a process: a real Envoy gets its life, its configuration and its certificate.

The plane is played by the test (the real authority and the real xDS server, two resources); the
holder is a socket that starts processes, each in a network of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from envoy.config.core.v3.config_source_pb2 import ApiVersion

from gossamer.contract.rpc import SIGN
from gossamer.contract.stream_metadata import HOST_KEY
from gossamer.contract.type_urls import CLUSTER, LISTENER, NAMES
from gossamer.envoy.admin import Admin
from gossamer.envoy.dump import secret_rows
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.join import ensure_join
from gossamer.identity.keys import lifespan, spiffe_of
from gossamer.identity.plan import AttestedPod, SpiffeId, plane_template
from gossamer.identity.run import CertificateSigner
from gossamer.xds.events import Answer, Undecided
from gossamer.xds.frame import Node, Resource, frame_resource
from gossamer.xds.serve import Serving, mutual_tls, serve
from gossamer.xds.stream.session import OpenStreams, Peer, StreamView
from tests.waiting import until

WEB = "web.shop.svc.cluster.local"
CART = {"namespace": "shop", "name": "cart-1", "workload": "cart", "service_account": "till"}
UNSHARE = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-Urn"]


def can_unshare() -> bool:
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(
    not can_unshare(), reason="the kernel refuses unprivileged network namespaces"
)


def listener(name: str, folder: Path) -> Resource:
    """A listener on a Unix socket that takes connections nowhere, with the pod's certificate."""
    from envoy.config.listener.v3 import listener_pb2
    from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2
    from envoy.extensions.transport_sockets.tls.v3 import tls_pb2

    made = listener_pb2.Listener(name=name)
    made.address.pipe.path = str(folder / f"{name}.sock")
    chain = made.filter_chains.add()
    proxy = tcp_proxy_pb2.TcpProxy(stat_prefix=name, cluster="nowhere")
    chain.filters.add(name="tcp").typed_config.Pack(proxy)
    tls = tls_pb2.DownstreamTlsContext()
    secret = tls.common_tls_context.tls_certificate_sds_secret_configs.add(name="default")
    secret.sds_config.ads.SetInParent()
    secret.sds_config.resource_api_version = ApiVersion.V3
    chain.transport_socket.name = "tls"
    chain.transport_socket.typed_config.Pack(tls)
    return frame_resource(LISTENER, name, "1", made.SerializeToString())


class View:
    """What one stream of the test's plane may see: fixed resources."""

    views: Mapping[str, str] = {}

    def __init__(self, held: Mapping[str, Mapping[str, Resource]], wants: list[str]) -> None:
        self._held = held
        self.refused = wants

    def get(self, type_url: str, name: str) -> Answer:
        return self._held.get(type_url, {}).get(name)

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        return tuple(self._held.get(type_url, {}))

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        return

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        return

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        self.refused.append(message)

    def closed(self) -> None:
        return


class Plane:
    """An xDS server with a signing desk, on a Unix socket with mutual TLS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority.open(folder / "ca")
        self.pods = {"shop/cart-1": AttestedPod("shop", "cart-1", "till", host="lab")}
        self.refused: list[str] = []
        self.opened: list[tuple[str | None, str]] = []
        self._serving: Serving | None = None
        body = json.dumps({"host": WEB, "addresses": ["10.96.0.7"]}).encode()
        names = {WEB: frame_resource(NAMES, WEB, "1", body)}
        listeners = {name: listener(name, folder) for name in ("inbound", "outbound")}
        self._resources = {NAMES: names, LISTENER: listeners, CLUSTER: {}}

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        self.opened.append((peer.spiffe, metadata.get(HOST_KEY) or node.id))
        return View(self._resources, self.refused)

    async def start(self) -> None:
        desk = CertificateSigner(self.authority, self.pods.get)
        served = self.authority.issue(plane_template())

        async def sign(request: bytes, peer: Peer, _: Mapping[str, str]) -> bytes:
            return desk.answer(request, ProvenCaller(SpiffeId.parse(peer.spiffe or "")))

        pems = (served.key.encode(), served.chain.encode(), served.roots.encode())
        self._serving = await serve(
            [f"unix:{self.folder}/xds.sock"],
            OpenStreams(self, lambda _: None),
            {SIGN: sign},
            mutual_tls(lambda: pems),
        )

    async def stop(self) -> None:
        if self._serving:
            await self._serving.close()


class Holder:
    """Starts processes in networks of their own; knows them by name."""

    def __init__(self, folder: Path) -> None:
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self.spawned = 0
        self._folder = folder
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(
            self._talk, str(self._folder / "holder.sock")
        )

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = json.loads(await reader.readline())
        answer = await getattr(self, f"_{words['op']}")(words)
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    async def _spawn(self, words: dict[str, Any]) -> dict[str, Any]:
        if words["name"] not in self.processes:
            self.spawned += 1
            with Path(words["log"]).open("ab") as log:
                self.processes[words["name"]] = await asyncio.create_subprocess_exec(
                    *UNSHARE, *words["argv"], env=words["env"], stdout=log, stderr=log
                )
        return {"pid": self.processes[words["name"]].pid}

    async def _kill(self, words: dict[str, Any]) -> dict[str, Any]:
        process = self.processes.pop(words["name"], None)
        if process and process.returncode is None:
            process.send_signal(words["signal"])
            await process.wait()
        return {}

    async def _list(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"processes": [{"name": n, "pid": p.pid} for n, p in self.processes.items()]}

    async def stop(self) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
        if self._server:
            self._server.close()


class Lab:
    """Plane, holder and agents in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plane = Plane(folder)
        self.holder = Holder(folder)
        self.agents: list[asyncio.subprocess.Process] = []

    async def start_agent(self) -> asyncio.subprocess.Process:
        folder = self.folder
        with (folder / "agent.log").open("ab") as log:
            agent = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gossamer.agent", "--state", str(folder / "agent")),
                *("--xds", f"unix:{folder}/xds.sock", "--control", f"unix:{folder}/agent.sock"),
                *("--join", str(folder / "join.json"), "--holder", f"unix:{folder}/holder.sock"),
                stdout=log,
                stderr=log,
            )
        self.agents.append(agent)
        return agent

    async def ask(self, **words: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(str(self.folder / "agent.sock"))
        try:
            writer.write(json.dumps(words).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            return answer
        finally:
            writer.close()

    async def row(self) -> dict[str, Any]:
        """The one proxy's status; empty while there is none or nobody answers."""
        try:
            rows = (await self.ask(op="status"))["proxies"]
        except (OSError, ValueError):
            return {}
        return dict(rows[0]) if rows else {}

    async def ready(self) -> bool:
        return bool((await self.row()).get("ready"))

    async def answers(self) -> bool:
        try:
            return "proxies" in await self.ask(op="status")
        except (OSError, ValueError):
            return False

    async def stop(self) -> None:
        for agent in self.agents:
            if agent.returncode is None:
                agent.kill()
            await agent.wait()
        await self.holder.stop()
        await self.plane.stop()


@pytest.fixture
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """A plane that serves, a holder that starts, and no agent yet."""
    made = Lab(tmp_path_factory.mktemp("a"))
    await made.plane.start()
    await made.holder.start()
    yield made
    await made.stop()


async def test_a_pod_gets_a_ready_proxy(lab: Lab) -> None:
    """From a desired pod to a live Envoy with listeners and the workload's own certificate."""
    await lab.start_agent()
    ensure_join(lab.plane.authority, lab.folder / "join.json", "lab")
    await until(lab.answers)
    assert await lab.ask(op="set", pods=[CART]) == {"pods": 1}
    await until(lab.ready)
    row = await lab.row()
    assert (row["envoy"], row["connected"], row["rejected"]) == ("LIVE", True, [])
    assert row["pid"] == lab.holder.processes["envoy/shop/cart-1"].pid
    folder = lab.folder / "agent" / "shop.cart-1"
    chain = (folder / "chain.pem").read_text()
    assert str(spiffe_of(chain)) == "spiffe://cluster.local/ns/shop/sa/till"
    admin = Admin(folder / "admin.sock")
    [secret] = secret_rows(await admin.config(), await admin.certificates())
    assert (secret["name"], secret["state"]) == ("default", "active")
    assert secret["expires"] == lifespan(chain).ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    agent = "spiffe://cluster.local/gossamer/agent/lab"
    assert set(lab.plane.opened) == {(agent, "lab"), (agent, "cart-1.shop")}
    names = json.loads((lab.folder / "names.json").read_text())
    assert names["names"] == {WEB: ["10.96.0.7"]}


async def test_a_killed_agent_leaves_traffic_alone(lab: Lab) -> None:
    """SIGKILL, a new agent, no new Envoy; the pod is ready again though nobody set it again."""
    ensure_join(lab.plane.authority, lab.folder / "join.json", "lab")
    agent = await lab.start_agent()
    await until(lab.answers)
    await lab.ask(op="set", pods=[CART])
    await until(lab.ready)
    chain = (lab.folder / "agent" / "shop.cart-1" / "chain.pem").read_text()
    agent.kill()
    await agent.wait()
    envoy = lab.holder.processes["envoy/shop/cart-1"]
    assert envoy.returncode is None
    await lab.start_agent()
    await until(lab.ready)
    assert (lab.holder.spawned, envoy.returncode) == (1, None)
    assert (lab.folder / "agent" / "shop.cart-1" / "chain.pem").read_text() == chain


async def test_without_a_plane_an_agent_still_knows_its_proxies(lab: Lab) -> None:
    """The plane dies, then the agent: status answers, and a dead Envoy starts from the disk."""
    ensure_join(lab.plane.authority, lab.folder / "join.json", "lab")
    agent = await lab.start_agent()
    await until(lab.answers)
    await lab.ask(op="set", pods=[CART])
    await until(lab.ready)
    await lab.plane.stop()
    agent.send_signal(signal.SIGTERM)
    assert await agent.wait() == 0
    envoy = lab.holder.processes.pop("envoy/shop/cart-1")
    envoy.kill()
    await envoy.wait()
    await lab.start_agent()
    await until(lab.ready)
    assert not (await lab.row())["connected"]
    assert lab.holder.spawned == 2


async def test_a_removed_pod_leaves_nothing_behind(lab: Lab) -> None:
    """Its Envoy ends well, its key and sockets are gone."""
    ensure_join(lab.plane.authority, lab.folder / "join.json", "lab")
    await lab.start_agent()
    await until(lab.answers)
    await lab.ask(op="set", pods=[CART])
    await until(lab.ready)
    envoy = lab.holder.processes["envoy/shop/cart-1"]
    assert await lab.ask(op="drain", pod="shop/cart-1", seconds=5) == {
        "pod": "shop/cart-1",
        "drained": True,
    }
    await lab.ask(op="set", pods=[])

    async def gone() -> bool:
        return not (lab.folder / "agent" / "shop.cart-1").exists()

    await until(gone)
    assert envoy.returncode == 0
    assert (await lab.ask(op="status")) == {"proxies": []}
