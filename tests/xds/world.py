"""A source to serve from, and a client that waits for what it wants, for the gRPC tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import grpc

from gossamer.xds.events import Answer, Undecided
from gossamer.xds.frame import (
    DiscoveryRequest,
    DiscoveryResponse,
    Node,
    encode_request,
    parse_response,
)
from gossamer.xds.serve import DELTA_ADS
from gossamer.xds.stream.session import Peer, StreamRefused
from tests.xds.playbook import Table

PATIENCE_S = 20


class View:
    """One stream's view of the world; keeps what it was told."""

    def __init__(self, world: World, peer: Peer, node: Node, metadata: Mapping[str, str]) -> None:
        self.world, self.peer, self.node, self.metadata = world, peer, node, metadata
        self.heard: list[tuple[Any, ...]] = []
        self.ended = asyncio.Event()

    def get(self, type_url: str, name: str) -> Answer:
        return self.world.table(type_url).get(name)

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        return self.world.table(type_url).wildcard()

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        self.heard.append(("used", type_url, names))

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        self.heard.append(("acked", type_url, dict(versions)))

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        self.heard.append(("rejected", type_url, name, version, message))

    def closed(self) -> None:
        self.ended.set()


class World:
    """A source with a table per type; refuses a node called `stranger`."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.views: list[View] = []

    def table(self, type_url: str) -> Table:
        return self.tables.setdefault(type_url, Table(type_url))

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> View:
        if node.id == "stranger":
            raise StreamRefused("stranger may not speak here")
        self.views.append(View(self, peer, node, metadata))
        return self.views[-1]


class Client:
    """A bare delta client."""

    def __init__(self, channel: Any, **metadata: str) -> None:
        self.call = channel.stream_stream(DELTA_ADS)(metadata=tuple(metadata.items()))

    async def say(self, request: DiscoveryRequest) -> None:
        await self.call.write(encode_request(request))

    async def hear(self) -> DiscoveryResponse:
        data = await asyncio.wait_for(self.call.read(), PATIENCE_S)
        assert data is not grpc.aio.EOF, "the stream ended"
        return parse_response(data)

    async def ack(self, response: DiscoveryResponse) -> None:
        await self.say(DiscoveryRequest(response.type_url, nonce=response.nonce))


async def until(true: Callable[[], bool]) -> None:
    """Let the event loop run until something holds that other tasks bring about."""
    async with asyncio.timeout(PATIENCE_S):
        loop = asyncio.get_running_loop()
        while not true():
            turn = asyncio.Event()
            loop.call_later(0.005, turn.set)
            await turn.wait()
