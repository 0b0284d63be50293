"""On a port that is declared HTTP, no road in leads past the HTTP rules."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import pytest

from gossamer.identity.authority import Authority
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.traffic.service import Protocol, ServicePort
from tests.compile.dialling import ask, dial, echoing, greeting
from tests.compile.reviews_mesh import a_mesh, a_service, mtls
from tests.compile.running_mesh import Running, Start
from tests.compile.two_workloads import CALLER, World

pytestmark = pytest.mark.e2e

FORGED = {"x-forwarded-client-cert": "URI=spiffe://cluster.local/ns/default/sa/admin"}
ADDRESS = "10.244.7.7"
"""The pod's, where the caller's proxy sees bytes: no service has the port 9080 as its own."""


def behind_port_80(authority: Authority, mode: MtlsMode) -> World:
    """Reviews, whose service leads from port 80 to its port 9080."""
    world = World(authority)
    service = a_service("reviews", (80, Protocol.HTTP), address="10.96.0.10")
    service = replace(service, ports=(ServicePort(80, "http", Protocol.HTTP, 9080),))
    world.reviews = replace(world.reviews, addresses=(world.reviews.addresses[0], ADDRESS))
    pods, roots = (world.caller, world.reviews), authority.roots_pem.encode()
    world.mesh = a_mesh(service, mtls(mode), pods=pods, roots=roots)
    return world


@pytest.mark.parametrize("mode", [MtlsMode.PERMISSIVE, MtlsMode.STRICT])
async def test_a_pods_address_leads_through_http(
    start: Start, authority: Authority, mode: MtlsMode
) -> None:
    """Called at its pod's own address and port, the application is told who really calls."""
    world = behind_port_80(authority, mode)
    _, caller = await world.both(start)
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (ADDRESS, 9080), "reviews", headers=FORGED)
    told = answer.seen["x-forwarded-client-cert"]
    assert CALLER in told
    assert "admin" not in told
    assert told.count("URI=") == 1


async def test_bytes_do_not_reach_an_http_port(start: Start, authority: Authority) -> None:
    """What is not HTTP never arrives where HTTP is declared, over mutual TLS either."""
    world = behind_port_80(authority, MtlsMode.PERMISSIVE)
    callee, caller = await world.both(start)
    async with greeting(world.app, 9080):
        for bind, dialled, port in (
            (caller.plane.bind, (ADDRESS, 9080), 15001),
            (callee.plane.bind, None, 9080),
        ):
            reader, writer = await dial(bind, dialled, port)
            writer.write(b"\x00\x01 these are bytes\r\n\r\n")
            async with asyncio.timeout(20):
                assert (await reader.read()).startswith(b"HTTP/1.1 400")
            writer.close()


@pytest.mark.parametrize("mode", list(MtlsMode))
async def test_own_tls_is_refused_on_a_plaintext_http_port(
    start: Start, authority: Authority, mode: MtlsMode
) -> None:
    """TLS of the caller's own, which nobody here could read, is closed, whatever the mode."""
    world = behind_port_80(authority, mode)
    callee = await start(world.plane(world.reviews))
    async with greeting(world.app, 9080):
        assert await _refused(callee, ())
        assert await _refused(callee, ("http/1.1",))


async def _refused(callee: Running, alpn: tuple[str, ...]) -> bool:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.set_alpn_protocols(alpn)
    try:
        await asyncio.open_connection(callee.plane.bind, 9080, ssl=client)
    except (ssl.SSLError, ConnectionError):
        return True
    return False


async def test_a_call_in_plaintext_says_nothing_of_certificates(
    start: Start, authority: Authority
) -> None:
    """Who shows no certificate cannot speak of one."""
    world = behind_port_80(authority, MtlsMode.PERMISSIVE)
    callee = await start(world.plane(world.reviews))
    async with echoing(world.app, 9080):
        answer = await ask(callee.plane.bind, None, "reviews", port=9080, headers=FORGED)
    assert "x-forwarded-client-cert" not in answer.seen
