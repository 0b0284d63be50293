"""A delta ADS server that says what a script tells it to, to one Envoy on loopback."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from envoy.service.discovery.v3 import discovery_pb2
from google.protobuf.message import Message

from gossamer.contract.type_urls import short_name, type_url
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
PATIENCE_S = 10.0


@dataclass(slots=True)
class ScriptedPlane:
    """Answers what is asked from `held`, a name at a time, and notes what Envoy says.

    A name that is not held gets no answer at all, as when a server is slow.
    """

    held: dict[str, Message] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    initial: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    acked: set[str] = field(default_factory=set)
    _stream: Any = None
    _reading: Any = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _nonces: Any = field(default_factory=itertools.count)

    async def serve(self, requests: AsyncIterator[bytes], stream: grpc.aio.ServicerContext) -> None:
        """One stream of Envoy's."""
        self._stream = stream
        self._reading = asyncio.ensure_future(self._read(requests))
        await asyncio.wait([self._reading])

    async def _read(self, requests: AsyncIterator[bytes]) -> None:
        async for raw in requests:
            request = discovery_pb2.DeltaDiscoveryRequest.FromString(raw)
            kind = short_name(request.type_url)
            if request.HasField("error_detail"):
                self.refused.append(request.error_detail.message)
            elif request.response_nonce:
                self.acked.add(request.response_nonce)
            names = list(request.resource_names_subscribe)
            self.asked += [f"{kind} {name}" for name in names]
            self.unasked += [f"{kind} {name}" for name in request.resource_names_unsubscribe]
            if request.initial_resource_versions:
                self.initial[kind] = dict(request.initial_resource_versions)
            if not request.response_nonce or names:
                await self._answer(request.type_url, kind, names)

    async def _answer(self, url: str, kind: str, names: list[str]) -> None:
        of_kind = [n for n, m in self.held.items() if url == _url(m)]
        wanted = [name for name in names if name in of_kind] if names else of_kind
        if wanted or kind in ("Cluster", "Listener"):
            await self.say(url, wanted)

    async def push(self, *messages: Message) -> None:
        """Hold these and send each type's in one response, in the order given."""
        for url in dict.fromkeys(_url(each) for each in messages):
            names = [each.name for each in messages if _url(each) == url]  # type: ignore[attr-defined]
            self.hold(*(each for each in messages if _url(each) == url))
            await self.say(url, names)

    def hold(self, *messages: Message) -> None:
        """Have these to answer with."""
        self.held |= {each.name: each for each in messages}  # type: ignore[attr-defined]

    async def say(self, url: str, names: Iterable[str], removed: Iterable[str] = ()) -> str:
        """Send one response; its nonce."""
        nonce = str(next(self._nonces))
        response = discovery_pb2.DeltaDiscoveryResponse(type_url=url, nonce=nonce)
        for name in names:
            resource = response.resources.add(name=name, version=nonce)
            resource.resource.Pack(self.held[name])
        response.removed_resources.extend(removed)
        async with self._writing:
            await self._stream.write(response.SerializeToString())
        return nonce

    def hang_up(self) -> None:
        """End the stream, as a plane that restarts."""
        self._reading.cancel()


def _url(message: Message) -> str:
    return type_url(message.DESCRIPTOR.full_name)


@asynccontextmanager
async def one_envoy(folder: Path, plane: ScriptedPlane) -> AsyncIterator[Admin]:
    """A running Envoy that this plane configures."""
    server = grpc.aio.server()
    handler = grpc.stream_stream_rpc_method_handler(plane.serve)
    handlers = {"DeltaAggregatedResources": handler}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_insecure_port(f"unix:{folder}/ads.sock")
    await server.start()
    plan = BootstrapPlan(
        node_id="web-1.shop",
        node_cluster="web.shop",
        ads_socket=f"{folder}/ads.sock",
        admin_socket=f"{folder}/admin.sock",
        readiness=("127.9.9.9",),
        mark=None,
    )
    (folder / "bootstrap.json").write_bytes(bootstrap(plan))
    command = argv(ProcessPlan(envoy_path(), folder / "bootstrap.json"))
    log = (folder / "envoy.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *command, env=ENVIRONMENT, stdout=log, stderr=log
    )
    admin = Admin(folder / "admin.sock")
    try:
        await until(lambda: plane.asked or plane.acked)
        yield admin
    finally:
        process.kill()
        await process.wait()
        await server.stop(None)


async def state_of(admin: Admin) -> str:
    """LIVE, PRE_INITIALIZING, INITIALIZING or silent."""
    try:
        return await admin.state()
    except AdminSilent:
        return "silent"


async def until(holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> bool:
    """Whether it came to hold in time."""
    ends = asyncio.get_running_loop().time() + patience_s
    while not holds():
        if asyncio.get_running_loop().time() > ends:
            return False
        await asyncio.sleep(0.01)
    return True
