"""The server over real gRPC sockets."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER
from gossamer.xds.frame import DiscoveryRequest, Node, join_response
from gossamer.xds.serve import CannotListen, Serving, serve
from gossamer.xds.stream.session import OpenStreams, Peer, StreamRefused
from gossamer.xds.stream.stream_stats import StreamStats
from tests.xds.world import Client, World, until


class Bench:
    """A served world with a channel to it."""

    def __init__(
        self, world: World, streams: OpenStreams, serving: Serving, address: str, stats: StreamStats
    ) -> None:
        self.world, self.streams, self.serving, self.stats = world, streams, serving, stats
        self.channel = grpc.aio.insecure_channel(address)

    def client(self, **metadata: str) -> Client:
        return Client(self.channel, **metadata)


async def _echo(request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
    if request == b"no":
        raise StreamRefused("not for you")
    return request.upper() + metadata.get("x", "").encode()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    world = World()
    stats = StreamStats()
    streams = OpenStreams(world, stats=lambda view: stats)
    address = f"unix:{tmp_path}/x.sock"
    serving = await serve([address], streams, {"/gossamer.v1.Test/Echo": _echo})
    bench = Bench(world, streams, serving, address, stats)
    yield bench
    await bench.channel.close()
    await serving.close()


def _hello(type_url: str, *names: str) -> DiscoveryRequest:
    return DiscoveryRequest(type_url, names, node=Node("pod.ns", "web"))


async def test_a_stream_is_greeted_served_and_kept_up_to_date(bench: Bench) -> None:
    """Node and metadata reach the source, and changes are pushed."""
    bench.world.table(ENDPOINT).put("a", "1")
    client = bench.client(**{"gossamer-proxy": "ns/pod"})
    await client.say(_hello(ENDPOINT, "a"))
    first = await client.hear()
    assert [r.version for r in first.resources] == ["1"]
    (view,) = bench.world.views
    assert (view.node.id, view.metadata["gossamer-proxy"]) == ("pod.ns", "ns/pod")
    bench.world.table(ENDPOINT).put("a", "2")
    await client.ack(first)
    bench.streams.changed(view, {ENDPOINT: ["a"]})
    second = await client.hear()
    assert [r.version for r in second.resources] == ["2"]
    assert ("used", ENDPOINT, ("a",)) in view.heard
    await client.ack(second)
    await until(lambda: ("acked", ENDPOINT, {"a": "2"}) in view.heard)
    assert bench.streams.pending(view) == {}


async def test_what_is_sent_is_counted_and_changes_are_timed(bench: Bench) -> None:
    """Responses, resources, bytes and refusals by type; a change to its verdict, an answer not."""
    bench.world.table(ENDPOINT).put("a", "1")
    client, stats = bench.client(), bench.stats
    await client.say(_hello(ENDPOINT, "a"))
    await client.ack(await client.hear())
    await until(lambda: not bench.streams.pending(bench.world.views[0]))
    assert (stats.responses[ENDPOINT], stats.resources[ENDPOINT]) == (1, 1)
    assert stats.sent_bytes[ENDPOINT] > 0
    assert stats.delays.total() == 0
    bench.world.table(ENDPOINT).put("a", "2")
    bench.streams.changed(bench.world.views[0], {ENDPOINT: ["a"]})
    changed = await client.hear()
    await client.say(DiscoveryRequest(ENDPOINT, nonce=changed.nonce, error="no"))
    await until(lambda: stats.refusals[ENDPOINT] == 1)
    assert (stats.responses[ENDPOINT], stats.delays.total()) == (2, 1)


async def test_a_change_without_a_difference_is_not_timed(bench: Bench) -> None:
    """What is marked and found equal is neither sent nor counted, then or later."""
    bench.world.table(ENDPOINT).put("a", "1")
    client, stats = bench.client(), bench.stats
    await client.say(_hello(ENDPOINT, "a"))
    await client.ack(await client.hear())
    bench.streams.changed(bench.world.views[0], {ENDPOINT: ["a"]})
    await client.say(DiscoveryRequest(ENDPOINT, ("b",)))
    await client.ack(await client.hear())
    await until(lambda: not bench.streams.pending(bench.world.views[0]))
    assert (stats.responses[ENDPOINT], stats.delays.total()) == (2, 0)


async def test_a_refusal_reaches_the_owner_with_its_message(bench: Bench) -> None:
    """What a client says of a bad resource is told to the source, word for word."""
    bench.world.table(ENDPOINT).put("a", "1")
    client = bench.client()
    await client.say(_hello(ENDPOINT, "a"))
    response = await client.hear()
    await client.say(DiscoveryRequest(ENDPOINT, nonce=response.nonce, error="a is bad"))
    await until(lambda: ("rejected", ENDPOINT, "a", "1", "a is bad") in bench.world.views[0].heard)


async def test_a_stranger_is_refused_with_the_reason(bench: Bench) -> None:
    """Who may not have a stream is told so: PERMISSION_DENIED and why."""
    client = bench.client()
    await client.say(DiscoveryRequest(ENDPOINT, node=Node("stranger")))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.call.read()
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "stranger may not speak here" in caught.value.details()


async def test_garbage_ends_only_its_own_stream(bench: Bench) -> None:
    """A client that speaks no protobuf is told so; its neighbour is served on."""
    good, bad = bench.client(), bench.client()
    await good.say(_hello(CLUSTER))
    await good.ack(await good.hear())
    await bad.call.write(b"\xff\xff\xff")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bad.call.read()
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    await good.say(DiscoveryRequest(ENDPOINT, ("a",)))
    assert (await good.hear()).type_url == ENDPOINT


async def test_a_client_that_reads_nothing_slows_nobody(bench: Bench) -> None:
    """Back-pressure stalls one writer; its changes coalesce and a neighbour gets its own."""
    table = bench.world.table(CLUSTER)
    table.everything = ["big"]
    slow, fast = bench.client(), bench.client()
    await slow.say(_hello(CLUSTER))
    await until(lambda: len(bench.world.views) == 1)
    await fast.say(_hello(ENDPOINT, "e"))
    await fast.ack(await fast.hear())
    slow_view, fast_view = bench.world.views
    for version in range(40):
        table.put("big", str(version))
        row = table.rows["big"]
        table.rows["big"] = type(row)(row.name, row.version, row.frame[:0] + _megabyte(version))
        bench.streams.changed(slow_view, {CLUSTER: ["big"]})
        bench.world.table(ENDPOINT).put("e", str(version))
        bench.streams.changed(fast_view, {ENDPOINT: ["e"]})
        response = await fast.hear()
        assert response.resources[0].version == str(version)
        await fast.ack(response)
    assert bench.streams.pending(slow_view) == {CLUSTER: {"big"}}


def _megabyte(version: int) -> bytes:
    from gossamer.xds.frame import frame_resource

    return frame_resource(CLUSTER, "big", str(version), b"x" * (1 << 20)).frame


async def test_a_fault_in_one_type_ends_no_stream(bench: Bench) -> None:
    """An exception behind one type is logged, and the same stream goes on with another."""

    def broken() -> list[str]:
        raise RuntimeError("catalog is broken")

    bench.world.table(LISTENER).wildcard = broken  # type: ignore[method-assign]
    client = bench.client()
    await client.say(_hello(LISTENER))
    await client.say(DiscoveryRequest(ENDPOINT, ("a",)))
    assert (await client.hear()).type_url == ENDPOINT


async def test_the_end_of_a_stream_is_told(bench: Bench) -> None:
    """A client that goes away closes its view, and changes for it are nobody's business."""
    client = bench.client()
    await client.say(_hello(CLUSTER))
    await client.hear()
    (view,) = bench.world.views
    client.call.cancel()
    await asyncio.wait_for(view.ended.wait(), 20)
    bench.streams.changed(view, {CLUSTER: ["a"]})


async def test_unary_calls_share_the_server(bench: Bench) -> None:
    """Bytes in, bytes out, with metadata; a refusal is PERMISSION_DENIED."""
    echo = bench.channel.unary_unary("/gossamer.v1.Test/Echo")
    assert await echo(b"hi", metadata=(("x", "!"),)) == b"HI!"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo(b"no")
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_a_socket_is_private_and_goes_with_the_server(tmp_path: Path) -> None:
    """Unix sockets have mode 0600 and are gone after close."""
    path = tmp_path / "s.sock"
    serving = await serve([f"unix:{path}"], OpenStreams(World()))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    await serving.close()
    assert not path.exists()


async def test_a_socket_path_too_long_says_so(tmp_path: Path) -> None:
    """The kernel's limit of 107 bytes is explained with its remedy."""
    with pytest.raises(CannotListen, match="GOSSAMER_HOME"):
        await serve([f"unix:{tmp_path}/{'x' * 108}"], OpenStreams(World()))


async def test_tcp_is_served_too() -> None:
    """A port of 0 is any free one, and is told."""
    world: Any = World()
    serving = await serve(["127.0.0.1:0"], OpenStreams(world))
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{serving.ports['127.0.0.1:0']}")
    client = Client(channel)
    await client.say(_hello(CLUSTER))
    response = await client.hear()
    assert join_response(CLUSTER, response.nonce, [], []) is not None
    await channel.close()
    await serving.close()


async def test_everyone_is_let_in_at_once(bench: Bench) -> None:
    """A plane that is back has all its proxies at the door in one moment; nobody is turned away."""
    bench.world.table(ENDPOINT).put("a", "1")
    clients = [bench.client() for _ in range(1500)]
    await asyncio.gather(*(client.say(_hello(ENDPOINT, "a")) for client in clients))
    heard = await asyncio.gather(*(client.hear() for client in clients))
    assert {response.resources[0].version for response in heard} == {"1"}


async def test_an_open_stream_is_ended_with_the_reason(bench: Bench) -> None:
    """Who may speak no longer is told so in the middle of a stream; others go on."""
    banned, other = bench.client(), bench.client()
    for client, node in ((banned, "bad.ns"), (other, "good.ns")):
        await client.say(DiscoveryRequest(ENDPOINT, ("a",), node=Node(node)))
        await client.ack(await client.hear())
    views = {id(view): view.node.id for view in bench.world.views}
    await until(lambda: not any(bench.streams.pending(view) for view in bench.world.views))
    ended = bench.streams.refuse(
        lambda view, peer: "you are banned" if views[id(view)] == "bad.ns" else None
    )
    assert ended == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await banned.call.read()
    assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "you are banned" in caught.value.details()
    await other.say(DiscoveryRequest(CLUSTER))
    assert (await other.hear()).type_url == CLUSTER
