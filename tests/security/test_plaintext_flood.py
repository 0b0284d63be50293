"""Strangers cannot fill the memory, or choose the name, by which callers in plaintext are known."""

from __future__ import annotations

import asyncio

import pytest

from gossamer.compile.tls.plaintext_counts import MOST
from gossamer.identity.authority import Authority
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.plan import COUNTERS_PATH, read
from tests.compile.dialling import echoing
from tests.compile.running_mesh import Running, Start
from tests.compile.two_workloads import World
from tests.waiting import until

pytestmark = pytest.mark.e2e

AT_ONCE = 50
VICTIM = "10.244.0.99"
FORGED = "".join(
    f"{name}: {VICTIM}\r\n"
    for name in ("x-forwarded-for", "x-real-ip", "forwarded", "x-envoy-external-address")
)


async def called_from(callee: Running, source: str) -> bool:
    """One plaintext request from that address, which says that it comes from another."""
    reader, writer = await asyncio.open_connection(callee.plane.bind, 9080, local_addr=(source, 0))
    writer.write(f"GET / HTTP/1.1\r\nhost: web\r\nconnection: close\r\n{FORGED}\r\n".encode())
    heard = await reader.read()
    writer.close()
    return b"200 OK" in heard


async def counted(callee: Running) -> dict[Evidence, int]:
    text = (await callee.admin.get(COUNTERS_PATH)).decode()
    return dict(read(text, b'{"stats": []}').evidence)


async def test_more_addresses_than_the_bound_cost_no_memory_and_no_call(
    start: Start, authority: Authority
) -> None:
    """All are served; Envoy keeps the first thousand apart. No header is believed."""
    world = World(authority)
    callee = await start(world.plane(world.reviews))
    sources = [f"127.99.{each // 200}.{each % 200 + 1}" for each in range(MOST + 100)]
    async with echoing(world.app, 9080):
        for at in range(0, len(sources), AT_ONCE):
            group = (called_from(callee, each) for each in sources[at : at + AT_ONCE])
            assert all(await asyncio.gather(*group))

    async def bounded() -> bool:
        return len(await counted(callee)) == MOST

    await until(bounded)
    evidence = await counted(callee)
    assert {each.what for each in evidence} == {What.PLAINTEXT}
    assert VICTIM not in {each.about for each in evidence}
