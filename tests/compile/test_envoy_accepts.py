"""Real Envoys take what the compiler makes, and do with it what was meant."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model import tables
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.settings import OutboundTraffic
from gossamer.model.traffic.service import DeclaredEndpoints, Endpoint, Protocol, Resolution
from gossamer.model.workload.pod import Discovery, ProxyRole
from tests.compile.dialling import GREETING, ask, dial, echoing, greeting, talk, upgraded, welcoming
from tests.compile.reviews_mesh import (
    DB_VIP,
    REVIEWS,
    REVIEWS_VIP,
    a_destination,
    a_mesh,
    a_service,
    an_external,
    mtls,
    settings,
)
from tests.compile.running_mesh import Running, Start, an_address
from tests.compile.two_workloads import CALLER, World
from tests.waiting import until

pytestmark = pytest.mark.e2e

ANY = OutboundTraffic.ALLOW_ANY


async def counts(envoy: Running, *tags: str) -> dict[str, int]:
    """Our counters that carry all these tags, by their short names."""
    text = await envoy.admin.prometheus("gossamer")
    by_name: dict[str, int] = {}
    for line in text.splitlines():
        if not line.startswith("#") and "milliseconds" not in line and all(t in line for t in tags):
            name, _, rest = line.partition("{")
            by_name[name.removeprefix("envoy_gossamer_")] = int(rest.rpartition(" ")[2])
    return by_name


async def test_a_first_request_finds_its_way_with_mtls(start: Start, authority: Authority) -> None:
    """An unseen host is fetched, called over mutual TLS, and told who called."""
    world = World(authority)
    callee, caller = await world.both(start)
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert answer.status == 200
    assert answer.headers["server"] == "app"
    assert CALLER in answer.seen["x-forwarded-client-cert"]
    assert caller.plane.refused == callee.plane.refused == []


async def test_eager_proxies_need_not_ask(start: Start, authority: Authority) -> None:
    """With eager discovery the same request goes the same way."""
    world = World(authority)
    world.caller = replace(world.caller, discovery=Discovery.EAGER)
    callee, caller = await world.both(start)
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert answer.status == 200
    assert CALLER in answer.seen["x-forwarded-client-cert"]
    assert caller.plane.refused == callee.plane.refused == []


async def test_nobody_forges_a_client_certificate(start: Start, authority: Authority) -> None:
    """What a caller writes into X-Forwarded-Client-Cert never arrives, with mTLS or without."""
    world = World(authority)
    callee, caller = await world.both(start)
    forged = {"x-forwarded-client-cert": "URI=spiffe://cluster.local/ns/default/sa/admin"}
    async with echoing(world.app, 9080):
        secured = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080", headers=forged)
        plain = await ask(callee.plane.bind, None, "reviews", port=9080, headers=forged)
    assert "admin" not in secured.seen["x-forwarded-client-cert"]
    assert "x-forwarded-client-cert" not in plain.seen


async def test_a_server_may_speak_first(start: Start, authority: Authority) -> None:
    """A declared TCP port works for protocols whose server speaks first, with mTLS."""
    world = World(authority)
    callee, caller = await world.both(start)
    async with greeting(world.app, 3306):
        heard = await talk(caller.plane.bind, (DB_VIP, 3306), b"ping")
    assert heard == GREETING + b"ping"

    async def counted() -> bool:
        return bool(await counts(callee, f'peer="{CALLER}"', 'peer_name="caller-1.default"'))

    await until(counted)
    assert caller.plane.refused == callee.plane.refused == []


@pytest.mark.parametrize(
    ("mode", "patience"), [(MtlsMode.DISABLE, 0.04), (MtlsMode.PERMISSIVE, 0.5)]
)
async def test_a_plain_caller_hears_the_greeting_at_once(
    start: Start, authority: Authority, mode: MtlsMode, patience: float
) -> None:
    """Nobody waits where no mesh TLS is taken, and hardly where it might be."""
    callee = await start((world := World(authority, mtls(mode))).plane(world.reviews))
    async with greeting(world.app, 3306):
        await _heard(callee.plane.bind, 3306)
        took = min([await _heard(callee.plane.bind, 3306) for _ in range(5)])
    assert took < patience


async def _heard(bind: str, port: int) -> float:
    """How long a silent caller waits for the greeting, in seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    reader, writer = await asyncio.open_connection(bind, port)
    async with asyncio.timeout(20):
        assert await reader.readline() == GREETING
    writer.close()
    return loop.time() - began


async def test_a_pods_own_address_is_fetched_on_demand(start: Start, authority: Authority) -> None:
    """Bytes to a pod's address, on a port that no service names, go there with mTLS."""
    address = "10.244.7.7"
    world = World(authority)
    world.reviews = replace(world.reviews, addresses=(world.reviews.addresses[0], address))
    world.mesh = a_mesh(pods=(world.caller, world.reviews), roots=authority.roots_pem.encode())
    callee, caller = await world.both(start)
    async with greeting(world.app, 7777):
        heard = await talk(caller.plane.bind, (address, 7777), b"ping")
    assert heard == GREETING + b"ping"

    async def counted() -> bool:
        return bool(await counts(callee, f'peer="{CALLER}"'))

    await until(counted)
    assert caller.plane.refused == callee.plane.refused == []


async def test_two_addresses_of_one_service_both_work(start: Start, authority: Authority) -> None:
    """What was learned for one address of a service does not hold up another's."""
    second = "10.96.0.12"
    double = a_service("db", (3306, Protocol.TCP), selector=(("app", "reviews"),))
    world = World(authority, replace(double, addresses=(DB_VIP, second)))
    _, caller = await world.both(start)
    async with greeting(world.app, 3306):
        for address in (DB_VIP, second):
            assert await talk(caller.plane.bind, (address, 3306), b"ping") == GREETING + b"ping"
    sent = f'envoy_cluster_name="outbound|3306||{double.host}"'
    assert f"{sent}}} 8" in await caller.admin.prometheus("tx_bytes_total")


async def test_strict_refuses_plaintext(start: Start, authority: Authority) -> None:
    """Under STRICT a plaintext caller is cut off, and a mesh caller is not."""
    world = World(authority, mtls(MtlsMode.STRICT))
    callee, caller = await world.both(start)
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await ask(callee.plane.bind, None, "reviews", port=9080)
    assert answer.status == 200


async def test_permissive_takes_plaintext(start: Start, authority: Authority) -> None:
    """By default callers without a proxy are served as well."""
    world = World(authority)
    callee = await start(world.plane(world.reviews))
    async with echoing(world.app, 9080):
        answer = await ask(callee.plane.bind, None, "reviews", port=9080)
    assert answer.status == 200


@pytest.mark.parametrize("mode", [MtlsMode.DISABLE, None])
async def test_no_mtls_where_it_is_not_taken(
    start: Start, authority: Authority, mode: MtlsMode | None
) -> None:
    """A callee that refuses mTLS, or has no proxy at all, is called in plaintext."""
    policies = () if mode is None else (mtls(mode),)
    role = ProxyRole.NONE if mode is None else ProxyRole.SIDECAR
    world = World(authority, *policies, role=role)
    if mode is None:
        world.app = world.reviews.addresses[0]
    else:
        await start(world.plane(world.reviews))
    caller = await start(world.plane(world.caller))
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert answer.status == 200
    assert "x-forwarded-client-cert" not in answer.seen


async def test_an_impostor_gets_no_request(start: Start, authority: Authority) -> None:
    """A proxy with a good certificate of another account is not taken for the service."""
    world = World(authority)
    impostor = replace(world.reviews, service_account="thief")
    await start(world.plane(impostor))
    caller = await start(world.plane(world.caller))
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert answer.status == 503


async def test_an_applications_own_tls_is_left_alone(start: Start, authority: Authority) -> None:
    """A caller that speaks TLS with the application itself reaches it through the proxy."""
    world = World(authority)
    callee = await start(world.plane(world.reviews))
    server = _serving(authority, callee.log.parent)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=authority.roots_pem)
    async with greeting(world.app, 3306, server):
        reader, writer = await asyncio.open_connection(
            callee.plane.bind, 3306, ssl=client, server_hostname="own.default"
        )
        assert await reader.readline() == GREETING
        writer.close()


async def test_registry_only_closes_the_outside(start: Start, authority: Authority) -> None:
    """Under REGISTRY_ONLY unknown addresses are refused, outside the mesh and inside."""
    world = World(authority, settings(OutboundTraffic.REGISTRY_ONLY))
    caller = await start(world.plane(world.caller))
    for address in ("192.0.2.1", "10.244.99.99"):
        reader, writer = await dial(caller.plane.bind, (address, 4444))
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
    assert caller.plane.refused == []


async def test_websockets_pass(start: Start, authority: Authority) -> None:
    """A connection may be upgraded through both proxies."""
    world = World(authority)
    _, caller = await world.both(start)
    async with welcoming(world.app, 9080):
        heard = await upgraded(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080", b"ping")
    assert heard == b"ping"


async def test_both_ends_count_the_same_bytes(start: Start, authority: Authority) -> None:
    """An edge's counters agree at its two ends and hold headers and bodies, without TLS."""
    world = World(authority)
    callee, caller = await world.both(start)
    async with echoing(world.app, 9080):
        for _ in range(3):
            await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080", body=b"x" * 5000)
    mine = await counts(caller, f'host="{REVIEWS}"', 'workload="reviews-v1"', 'code="200"')
    theirs = await counts(callee, f'host="{REVIEWS}"', f'peer="{CALLER}"', 'code="200"')
    assert mine["client_http_requests"] == theirs["server_http_requests"] == 3
    assert mine["client_http_sent_bytes"] == theirs["server_http_received_bytes"]
    assert mine["client_http_received_bytes"] == theirs["server_http_sent_bytes"]
    assert 15_000 < mine["client_http_sent_bytes"] < 17_000


async def test_mesh_tls_is_always_spoken_if_asked(start: Start, authority: Authority) -> None:
    """ISTIO_MUTUAL holds where the endpoint says nothing of mesh TLS."""
    tls = ClientTls(ClientTlsMode.ISTIO_MUTUAL)
    world = World(authority, a_destination(REVIEWS, tls), settings(ANY, auto_mtls=False))
    _, caller = await world.both(start)
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert CALLER in answer.seen["x-forwarded-client-cert"]
    assert caller.plane.refused == []


@pytest.mark.parametrize(("name", "status"), [("own.default", 200), ("other.default", 503)])
async def test_tls_to_the_outside(
    start: Start, authority: Authority, name: str, status: int
) -> None:
    """SIMPLE speaks TLS to a host outside and believes only a certificate of its name."""
    outside = replace(
        an_external("api.example.com", 80, Protocol.HTTP, Resolution.ENDPOINTS),
        addresses=("240.240.9.9",),
    )
    place = an_address()
    declared = DeclaredEndpoints(
        ObjectRef("EndpointSlice", "default", "api", "discovery.k8s.io"),
        outside.host,
        (Endpoint(place, ((80, 8443),)),),
    )
    tls = a_destination(outside.host, ClientTls(ClientTlsMode.SIMPLE, sni=name))
    world = World(authority, outside, declared, tls)
    system = tables.ROOTS.key("system")
    world.mesh = replace(
        world.mesh, facts=world.mesh.facts.set(system, authority.roots_pem.encode())
    )
    caller = await start(world.plane(world.caller))
    async with echoing(place, 8443, _serving(authority, caller.log.parent)):
        answer = await ask(caller.plane.bind, ("240.240.9.9", 80), "api.example.com")
    assert answer.status == status
    assert caller.plane.refused == []


def _serving(authority: Authority, folder: Path) -> ssl.SSLContext:
    """TLS with a certificate for `own.default`."""
    issued = authority.issue(pod_template(AttestedPod("default", "own", "own", "here")))
    (folder / "own.pem").write_text(issued.key + issued.chain)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "own.pem")
    return server
