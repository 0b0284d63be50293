"""The client keeps its stream open and says on every opening what it has."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import grpc

from gossamer.contract.type_urls import ENDPOINT
from gossamer.xds.connect import CHANNEL_OPTIONS, ServerConnection
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, Node
from gossamer.xds.serve import serve
from gossamer.xds.stream.session import OpenStreams
from tests.xds.world import World, until


class Follower:
    """Subscribes to one name and keeps its version."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.opened_times = 0
        self.lost_for: list[str] = []
        self.responses = 0
        self.connection: ServerConnection

    def opening(self) -> Iterable[DiscoveryRequest]:
        return [DiscoveryRequest(ENDPOINT, ("a",), initial=self.held, node=Node("pod.ns"))]

    def opened(self) -> None:
        self.opened_times += 1

    def received(self, response: DiscoveryResponse) -> None:
        self.responses += 1
        self.held |= {resource.name: resource.version for resource in response.resources}
        self.connection.send([DiscoveryRequest(ENDPOINT, nonce=response.nonce)])

    def lost(self, reason: str) -> None:
        self.lost_for.append(reason)


async def test_a_returning_server_sends_only_what_changed(tmp_path: Path) -> None:
    """The stream opens again by itself; equal versions are not sent a second time."""
    world = World()
    world.table(ENDPOINT).put("a", "1")
    address = f"unix:{tmp_path}/s.sock"
    follower = Follower()
    channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
    loop = asyncio.get_running_loop()
    follower.connection = ServerConnection(lambda: channel, lambda: {"x": "y"}, follower, loop)
    running = asyncio.ensure_future(follower.connection.run())

    serving = await serve([address], OpenStreams(world))
    await until(lambda: follower.held == {"a": "1"})
    assert follower.opened_times == 1
    await serving.close()
    await until(lambda: len(follower.lost_for) == 1)

    serving = await serve([address], OpenStreams(world))
    await until(lambda: follower.opened_times == 2)
    assert follower.responses == 1
    await serving.close()
    await until(lambda: len(follower.lost_for) >= 2)

    world.table(ENDPOINT).put("a", "2")
    serving = await serve([address], OpenStreams(world))
    await until(lambda: follower.held == {"a": "2"})
    assert follower.responses == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await channel.close()
    await serving.close()
