"""One real Envoy that serves many meshes at once, each in a namespace of its own.

It is fed by our own ADS server out of what the compiler makes. Adapted is only where listeners
bind, and that the address dialled is read from a PROXY line instead of the captured socket.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.extensions.filters.listener.proxy_protocol.v3.proxy_protocol_pb2 import ProxyProtocol

from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.protos import packed, socket_address
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Discovery, Pod
from gossamer.xds.frame import Node, Resource, frame_resource
from gossamer.xds.serve import serve
from gossamer.xds.stream.session import OpenStreams, Peer
from tests.explain.calling_envoy import echoing
from tests.waiting import beat

KINDS = {kind.value: kind for kind in ResourceType}
APP_PORT = 9080
_NAMESPACE = re.compile(r"\b(m\d+)\b")


@dataclass(frozen=True, slots=True)
class World:
    """One mesh in the namespace `mN`; its callers, and its gateway's port where it has one."""

    namespace: str
    mesh: Mesh
    client: Pod
    gateway: Pod | None = None
    gateway_port: int = 0

    @property
    def has_all(self) -> bool:
        """Whether its caller gets every host unasked."""
        return self.client.discovery is Discovery.EAGER


@dataclass(eq=False, slots=True)
class Feed:
    """What the Envoy is fed: the worlds that were announced to it, and what it refused."""

    bind: str
    worlds: dict[str, World] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    views: Mapping[str, str] = field(default_factory=dict)
    streams: OpenStreams | None = None

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> Feed:
        """Anybody may come in; there is one Envoy."""
        return self

    def get(self, type_url: str, name: str) -> Resource | None:
        """The resource of that name, out of the world whose namespace or port it names."""
        kind = KINDS[type_url]
        world = self._world(name)
        pod = world.gateway if name.startswith("gateway|") and world.gateway else world.client
        compiled = compile_resource(world.mesh, view_of(world.mesh, pod, kind, name), kind, name)
        if compiled.body is None:
            return None
        body = self._bound(compiled.body) if kind is ResourceType.LISTENER else compiled.body
        if kind is ResourceType.VIRTUAL_HOST and world.has_all:
            body = _by_full_names(body, world.namespace)
        aliases = (name,) if kind is ResourceType.VIRTUAL_HOST else ()
        needs = tuple((each.value, needed) for each, needed in compiled.needs)
        return frame_resource(type_url, name, compiled.version, body, aliases, needs)

    def _world(self, name: str) -> World:
        found = _NAMESPACE.search(name)
        if found and found[1] in self.worlds:
            return self.worlds[found[1]]
        by_port = (w for w in self.worlds.values() if f"gateway|{w.gateway_port}" == name)
        return next(by_port, next(iter(self.worlds.values())))

    def _bound(self, body: bytes) -> bytes:
        made = Listener.FromString(body)
        made.ClearField("additional_addresses")
        made.address.CopyFrom(socket_address(self.bind, made.address.socket_address.port_value))
        if made.name == "outbound":
            made.listener_filters[0].name = "envoy.filters.listener.proxy_protocol"
            made.listener_filters[0].typed_config.CopyFrom(packed(ProxyProtocol()))
        return bytes(made.SerializeToString(deterministic=True))

    def wildcard(self, type_url: str) -> Collection[str]:
        """The sidecar's own of the first world, and the gateways of all."""
        kind, first = KINDS[type_url], next(iter(self.worlds.values()))
        names = [n for n in wildcard_names(first.mesh, first.client, kind).names if n != "inbound"]
        for world in self.worlds.values():
            if world.gateway is not None:
                names += wildcard_names(world.mesh, world.gateway, kind).names
            if world is not first and world.has_all:
                every = wildcard_names(world.mesh, world.client, kind).names
                names += (name for name in every if world.namespace in name)
        return tuple(dict.fromkeys(names))

    def announce(self, world: World) -> None:
        """Add a world; what its gateway holds unasked is pushed."""
        self.worlds[world.namespace] = world
        if world.gateway is not None and self.streams is not None:
            kinds = (ResourceType.CLUSTER, ResourceType.LISTENER, ResourceType.VIRTUAL_HOST)
            self.streams.changed(self, {kind.value: ("*",) for kind in kinds})

    async def has_taken(self, world: World) -> None:
        """Wait until the Envoy has the hosts that the world's caller gets unasked."""
        kind = ResourceType.VIRTUAL_HOST
        every = wildcard_names(world.mesh, world.client, kind).names
        wanted = {name for name in every if world.namespace in name}
        async with asyncio.timeout(20):
            while not wanted <= self.taken:
                assert not self.refused, self.refused
                await beat()

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        """Nothing is remembered."""

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """As hoped: these are what it has now."""
        self.taken.update(versions)

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """Envoy refuses something that the compiler made: the test that asked must fail."""
        self.refused.append(f"{name}: {message}")

    def closed(self) -> None:
        """The Envoy ended."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A live Envoy, its feed, and the addresses of its applications."""

    feed: Feed
    proxy: str
    addresses: tuple[str, ...]


@asynccontextmanager
async def staged(folder: Path, first: World, addresses: tuple[str, ...]) -> AsyncIterator[Stage]:
    """Run applications, server and Envoy; `first` is the world whose listener stands."""
    network, _, first_app = addresses[0].rpartition(".")
    proxy = f"{network}.{200 + int(first_app)}"
    feed = Feed(proxy, {first.namespace: first})
    feed.streams = OpenStreams(feed)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(echoing(addresses, APP_PORT))
        serving = await serve([f"unix:{folder}/ads.sock"], feed.streams)
        stack.push_async_callback(serving.close)
        stack.push_async_callback(_ended, await _envoy(folder, proxy))
        await _live(Admin(folder / "admin.sock"))
        yield Stage(feed, proxy, addresses)


def _by_full_names(body: bytes, namespace: str) -> bytes:
    """A virtual host without the names that other worlds use as well, such as short ones."""
    made = VirtualHost.FromString(body)
    full = [domain for domain in made.domains if namespace in domain]
    made.domains[:] = full or made.domains
    return bytes(made.SerializeToString(deterministic=True))


async def _envoy(folder: Path, proxy: str) -> asyncio.subprocess.Process:
    plan = BootstrapPlan(
        node_id="client.m0",
        node_cluster="client.m0",
        ads_socket=f"{folder}/ads.sock",
        admin_socket=f"{folder}/admin.sock",
        readiness=(proxy,),
        mark=None,
    )
    (folder / "bootstrap.json").write_bytes(bootstrap(plan))
    command = argv(ProcessPlan(envoy_path(), folder / "bootstrap.json"))
    with (folder / "log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, env=ENVIRONMENT, stdout=log, stderr=log
        )


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _live(admin: Admin, within: float = 30.0) -> None:
    async with asyncio.timeout(within):
        while True:
            try:
                if await admin.state() == "LIVE":
                    return
            except AdminSilent:
                pass
            await beat()


def own_addresses(count: int, again: bool = False) -> tuple[str, ...]:
    """Loopback addresses that no other process of ours uses; others where asked again."""
    pid, first = os.getpid(), 10 if again else 0
    return tuple(
        f"127.{100 + pid // 250 % 150}.{pid % 250}.{at + 1 + first}" for at in range(count)
    )
