"""Real Envoys on ports of which nobody said what they speak."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gossamer.identity.authority import Authority
from gossamer.model.assembly.assemble import assemble
from gossamer.model.observed import observed_pods
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Protocol
from tests.compile.dialling import GREETING, ask, dial, echoing, greeting, talk
from tests.compile.reviews_mesh import a_mesh, a_service, mtls
from tests.compile.running_mesh import Running, Start
from tests.compile.two_workloads import CALLER, World

pytestmark = pytest.mark.e2e

VIP, OTHER_VIP = "10.96.0.10", "10.96.0.11"
UNDECLARED = (9080, Protocol.UNDECLARED)


def world_of(authority: Authority, *more: object, mode: MtlsMode = MtlsMode.PERMISSIVE) -> World:
    """Reviews with one port of undeclared protocol."""
    world = World(authority)
    service = a_service("reviews", UNDECLARED, address=VIP)
    pods, roots = (world.caller, world.reviews), authority.roots_pem.encode()
    world.mesh = a_mesh(service, mtls(mode), *more, pods=pods, roots=roots)
    return world


async def test_requests_are_found_and_routed(start: Start, authority: Authority) -> None:
    """The first one too: the caller is told to the application, as on a declared port."""
    world = world_of(authority)
    callee, caller = await world.both(start)
    async with echoing(world.app, 9080):
        for _ in range(2):
            answer = await ask(caller.plane.bind, (VIP, 9080), "reviews:9080")
            assert answer.status == 200
            assert CALLER in answer.seen["x-forwarded-client-cert"]
        plain = await ask(callee.plane.bind, None, "reviews", port=9080)
    assert "x-request-id" in plain.seen
    assert caller.plane.refused == callee.plane.refused == []


async def took_to_hear(envoy: Running, dialled: tuple[str, int] | None, port: int) -> float:
    """How long a silent caller waits for a greeting, in seconds; the best of some."""
    loop = asyncio.get_running_loop()
    took = []
    for _ in range(5):
        began = loop.time()
        reader, writer = await dial(envoy.plane.bind, dialled, port)
        async with asyncio.timeout(20):
            assert await reader.readline() == GREETING
        took.append(loop.time() - began)
        writer.close()
    return min(took)


@pytest.mark.parametrize("mode", list(MtlsMode))
async def test_servers_may_speak_first(start: Start, authority: Authority, mode: MtlsMode) -> None:
    """After a short wait, from callers with a proxy and, where they are let in, without."""
    world = world_of(authority, mode=mode)
    callee, caller = await world.both(start)
    async with greeting(world.app, 9080):
        assert await talk(caller.plane.bind, (VIP, 9080), b"ping") == GREETING + b"ping"
        assert await took_to_hear(caller, (VIP, 9080), 15001) < 0.2
        if mode is not MtlsMode.STRICT:
            assert await took_to_hear(callee, None, 9080) < 0.2
    assert caller.plane.refused == callee.plane.refused == []


async def test_bytes_that_are_no_requests_pass_at_once(start: Start, authority: Authority) -> None:
    """A client that speaks first in a protocol of its own is carried as bytes."""
    world = world_of(authority)
    _, caller = await world.both(start)
    async with greeting(world.app, 9080):
        reader, writer = await dial(caller.plane.bind, (VIP, 9080))
        writer.write(b"*1\r\n$4\r\nPING\r\n")
        async with asyncio.timeout(20):
            assert await reader.readline() == GREETING
            assert await reader.readexactly(4) == b"*1\r\n"
        writer.close()


async def test_declared_ports_do_not_wait(start: Start, authority: Authority) -> None:
    """A service that declares TCP on the same number is heard at once."""
    selector = (("app", "reviews"),)
    raw = a_service("raw", (9080, Protocol.TCP), address=OTHER_VIP, selector=selector)
    world = world_of(authority, replace(raw, selector=selector))
    _, caller = await world.both(start)
    async with greeting(world.app, 9080):
        await talk(caller.plane.bind, (OTHER_VIP, 9080), b"ping")
        assert await took_to_hear(caller, (OTHER_VIP, 9080), 15001) < 0.04
        assert await took_to_hear(caller, (VIP, 9080), 15001) < 0.2
    assert caller.plane.refused == []


async def test_a_server_that_was_seen_to_speak_first_is_heard_at_once(
    start: Start, authority: Authority
) -> None:
    """By mesh callers, as if its port were declared TCP; others are looked at for mesh TLS."""
    world = world_of(authority)
    pods = (world.caller, replace(world.reviews, greets=(9080,)))
    world.mesh = assemble(world.mesh, {}, observed_pods(pods))[0]
    callee, caller = await world.both(start)
    async with greeting(world.app, 9080):
        assert await talk(caller.plane.bind, (VIP, 9080), b"ping") == GREETING + b"ping"
        assert await took_to_hear(caller, (VIP, 9080), 15001) < 0.04
        assert await took_to_hear(callee, None, 9080) < 0.2
    assert caller.plane.refused == callee.plane.refused == []


async def test_where_others_declare_http_requests_never_pass_as_bytes(
    start: Start, authority: Authority
) -> None:
    """A caller of a declared port may keep silent as long as it likes."""
    web = a_service("web", (9080, Protocol.HTTP), address=OTHER_VIP, selector=(("app", "reviews"),))
    world = world_of(authority, web)
    _, caller = await world.both(start)
    async with echoing(world.app, 9080):
        for address, host in ((OTHER_VIP, "web:9080"), (VIP, "reviews:9080")):
            answer = await ask(caller.plane.bind, (address, 9080), host)
            assert answer.status == 200
        reader, writer = await dial(caller.plane.bind, (OTHER_VIP, 9080))
        await took_to_be_silent()
        writer.write(b"GET / HTTP/1.1\r\nhost: nobody.example\r\nconnection: close\r\n\r\n")
        async with asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1")
        writer.close()
    assert caller.plane.refused == []


async def took_to_be_silent() -> None:
    """Longer than any wait for first bytes."""
    quiet = asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await quiet.wait()
