"""What a client may ask for passes two real Envoys as it passes none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gossamer.identity.authority import Authority
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.pod import Discovery
from tests.compile.dialling import dial
from tests.compile.reviews_mesh import REVIEWS_VIP, a_mesh, a_pod, a_service
from tests.compile.running_mesh import Running, Start
from tests.compile.two_workloads import CALLER, World

pytestmark = pytest.mark.e2e

HEAD = "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}\r\n"
UPLOAD = "transfer-encoding: chunked\r\n"
TRAILED = "3\r\nabc\r\n0\r\nx-in: 7\r\n\r\n"
PROXY, FAR = (REVIEWS_VIP, 9080), "far.example:443"


@asynccontextmanager
async def telling(address: str, port: int) -> AsyncIterator[None]:
    """An application that answers with what reached it; after CONNECT it echoes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in head:
            head += await reader.readuntil(b"\r\n0\r\n")
            head += await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + head)
            while data := await reader.read(4096):
                writer.write(data)
        else:
            start = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            writer.write(start % len(head) + head)
        writer.close()

    async with await asyncio.start_server(answer, address, port):
        yield


async def say(envoy: Running, dialled: tuple[str, int] | None, words: str, end: str = "") -> str:
    """What comes back for these words, until `end` or the end of the connection."""
    port = 15001 if dialled else 9080
    reader, writer = await dial(envoy.plane.bind, dialled, port)
    writer.write(words.encode())
    came = b""
    async with asyncio.timeout(20):
        while not (end and came.endswith(end.encode())) and (piece := await reader.read(65536)):
            came += piece
    writer.close()
    return came.decode()


@pytest.mark.parametrize("host", [FAR, "reviews:9080"])
@pytest.mark.parametrize("discovery", list(Discovery))
async def test_connect_reaches_whoever_was_dialled(
    start: Start, authority: Authority, host: str, discovery: Discovery
) -> None:
    """A proxy of one's own in the mesh: with mutual TLS, be the far end a host of the mesh or not,
    and what is said through the tunnel comes back."""
    world = World(authority)
    world.caller = a_pod("caller-1", "caller", world.caller.addresses[0], discovery=discovery)
    services = (a_service("reviews", (9080, Protocol.HTTP), address=REVIEWS_VIP),)
    roots = authority.roots_pem.encode()
    world.mesh = a_mesh(*services, pods=(world.caller, world.reviews), roots=roots)
    callee, caller = await world.both(start)
    asked = f"CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n\r\nover and over"
    async with telling(world.app, 9080):
        came = await say(caller, PROXY, asked, "over and over")
        assert came.startswith("HTTP/1.1 200 ")
        assert f"CONNECT {host} HTTP/1.1" in came
        assert CALLER in came
        assert "gossamer" not in came
        assert f"CONNECT {host}" in await say(callee, None, asked, "over and over")
    assert caller.plane.refused == callee.plane.refused == []


@pytest.mark.parametrize("host", ["reviews", "nobody.example"])
async def test_the_first_call_to_a_host_may_have_trailers(
    start: Start, authority: Authority, host: str
) -> None:
    """They come while the host is still asked for, once for a known one, twice for another."""
    world = World(authority)
    _, caller = await world.both(start)
    async with telling(world.app, 9080):
        came = await say(caller, PROXY, HEAD.format("POST", "/x", host, UPLOAD) + TRAILED)
    assert came.startswith("HTTP/1.1 200 ")
    assert f"host: {host}" in came
    assert came.endswith(TRAILED)
    assert CALLER in came


@pytest.mark.parametrize("method", ["PURGE", "a!b", "QUERY"])
async def test_a_method_is_a_matter_for_the_application(
    start: Start, authority: Authority, method: str
) -> None:
    """Any token; a QUERY that says of which type it is."""
    world = World(authority)
    callee, caller = await world.both(start)
    asked = HEAD.format(method, "/x", "reviews:9080", "content-type: a/b\r\n")
    async with telling(world.app, 9080):
        for envoy, dialled in ((caller, PROXY), (callee, None)):
            assert f"{method} /x HTTP/1.1" in await say(envoy, dialled, asked)


async def test_what_envoy_answers_itself(start: Start, authority: Authority) -> None:
    """`OPTIONS *` is 404, and a QUERY of no type 400 (RFC 10008): Envoy 1.40 carries neither, and
    docs/defaults.md says so."""
    world = World(authority)
    callee, caller = await world.both(start)
    async with telling(world.app, 9080):
        for envoy, dialled in ((caller, PROXY), (callee, None)):
            for method, path, status in (("OPTIONS", "*", 404), ("QUERY", "/x", 400)):
                asked = HEAD.format(method, path, "reviews:9080", "")
                assert (await say(envoy, dialled, asked)).startswith(f"HTTP/1.1 {status} ")
