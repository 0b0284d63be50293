"""Real Envoys count who comes without the mesh's TLS, by address, and whom they refuse."""

from __future__ import annotations

import asyncio

import pytest

from gossamer.envoy.admin import Admin
from gossamer.identity.authority import Authority
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.tls_parameters import HYBRID
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.plan import COUNTERS_PATH, read
from tests.compile.dialling import ask, echoing, greeting
from tests.compile.reviews_mesh import REVIEWS, REVIEWS_VIP, mtls
from tests.compile.running_mesh import Running, Start, an_address
from tests.compile.two_workloads import World
from tests.waiting import until

pytestmark = pytest.mark.e2e

NO_DURATIONS = b'{"stats": []}'
FORGED = {"x-forwarded-for": "10.9.9.9", "x-envoy-external-address": "10.9.9.9"}


async def arrivals(admin: Admin) -> dict[Evidence, int]:
    """What the proxy counted of callers without the mesh's TLS."""
    return dict(read((await admin.get(COUNTERS_PATH)).decode(), NO_DURATIONS).evidence)


async def come_to(callee: Running, expected: dict[Evidence, int]) -> None:
    """Until exactly this is counted."""

    async def so() -> bool:
        return await arrivals(callee.admin) == expected

    await until(so)


async def heard(callee: Running, source: str) -> bytes:
    """What comes back for a request from that address, nothing where it is refused."""
    reader, writer = await asyncio.open_connection(callee.plane.bind, 9080, local_addr=(source, 0))
    head = "".join(f"{name}: {value}\r\n" for name, value in FORGED.items())
    writer.write(f"GET / HTTP/1.1\r\nhost: reviews\r\nconnection: close\r\n{head}\r\n".encode())
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def connected(callee: Running, port: int, source: str) -> asyncio.StreamWriter:
    """An open connection from that address, on which nothing was said."""
    _, writer = await asyncio.open_connection(callee.plane.bind, port, local_addr=(source, 0))
    return writer


async def test_plaintext_is_counted_by_address_and_port_when_it_comes(
    start: Start, authority: Authority
) -> None:
    """A request as soon as it begins, a connection while it is open, whatever headers say; calls
    with mutual TLS are none of these."""
    world = World(authority)
    callee, caller = await world.both(start)
    one, other = an_address(), an_address()
    async with echoing(world.app, 9080), greeting(world.app, 3306):
        for _ in range(3):
            assert b"200 OK" in await heard(callee, one)
        writer = await connected(callee, 3306, other)
        await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
        await come_to(
            callee,
            {Evidence(What.PLAINTEXT, one, "9080"): 3, Evidence(What.PLAINTEXT, other, "3306"): 1},
        )
        writer.close()
    assert set(await arrivals(caller.admin)) == {
        Evidence(What.CURVES, REVIEWS, HYBRID),
        Evidence(What.VERSIONS, REVIEWS, "TLSv1.3"),
    }
    assert callee.plane.refused == caller.plane.refused == []


async def test_whoever_is_refused_is_counted_by_address(start: Start, authority: Authority) -> None:
    """Under STRICT the plaintext caller is told from those that never come."""
    world = World(authority, mtls(MtlsMode.STRICT))
    callee = await start(world.plane(world.reviews))
    source = an_address()
    async with echoing(world.app, 9080):
        assert await heard(callee, source) == b""
        await come_to(callee, {Evidence(What.REFUSED, source, "9080"): 1})
