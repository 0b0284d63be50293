"""What two real Envoys agree on in a handshake, and with a client that knows less."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import DNSName, UniformResourceIdentifier

from gossamer.envoy.admin import Admin
from gossamer.identity.authority import Authority
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.settings import OutboundTraffic
from gossamer.model.tls_parameters import HYBRID, TlsParameters, TlsVersion
from tests.compile.dialling import ask, echoing
from tests.compile.reviews_mesh import REVIEWS_VIP, mtls, settings
from tests.compile.running_mesh import Running, Start
from tests.compile.two_workloads import CALLER, World
from tests.security.test_peer_identity import certificate, said_to

pytestmark = pytest.mark.e2e

REQUEST = b"GET / HTTP/1.1\r\nhost: reviews\r\n\r\n"


def speaking(parameters: TlsParameters) -> Any:
    """MeshConfig that says so of TLS between workloads."""
    return settings(OutboundTraffic.ALLOW_ANY, mesh_tls=parameters)


async def agreed(admin: Admin, scope: str) -> set[str]:
    """Versions and curves that handshakes ended with, of clusters or of listeners."""
    names = await admin.stats(f"^{scope}.*ssl.(curves|versions).")
    return {name.rpartition("ssl.")[2] for name, count in names.items() if count}


async def called(world: World, callee: Running, caller: Running) -> None:
    """One request from proxy to proxy."""
    async with echoing(world.app, 9080):
        answer = await ask(caller.plane.bind, (REVIEWS_VIP, 9080), "reviews:9080")
    assert answer.status == 200
    assert CALLER in answer.seen["x-forwarded-client-cert"]
    assert callee.plane.refused == caller.plane.refused == []


async def test_proxies_agree_on_the_hybrid_and_the_newest_version(
    start: Start, authority: Authority
) -> None:
    """Nobody configures anything; both ends count what it was."""
    world = World(authority, mtls(MtlsMode.STRICT))
    callee, caller = await world.both(start)
    await called(world, callee, caller)
    expected = {f"curves.{HYBRID}", "versions.TLSv1.3"}
    assert await agreed(callee.admin, "listener") == expected
    assert await agreed(caller.admin, "cluster.outbound") == expected


@pytest.mark.parametrize("curve", ["X25519", "P-384"])
async def test_a_curve_that_mesh_config_names_is_the_one(
    start: Start, authority: Authority, curve: str
) -> None:
    """`meshMTLS.ecdhCurves` holds for both ends."""
    chosen = TlsParameters(TlsVersion.TLS_1_3, (), (curve,))
    world = World(authority, mtls(MtlsMode.STRICT), speaking(chosen))
    callee, caller = await world.both(start)
    await called(world, callee, caller)
    assert f"curves.{curve}" in await agreed(callee.admin, "listener")


def client_of(folder: Path) -> Path:
    """A certificate of a workload of the mesh."""
    names = (UniformResourceIdentifier(CALLER), DNSName("caller-1.default"))
    return certificate(folder, names)


async def test_a_client_that_lacks_the_hybrid_gets_a_classic_curve(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """Post-quantum is an offer: whoever knows X25519 or P-256 alone is served by it."""
    world = World(authority, mtls(MtlsMode.STRICT))
    callee = await start(world.plane(world.reviews))
    chain = client_of(tmp_path)
    classic = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    classic.set_ecdh_curve("prime256v1")
    async with echoing(world.app, 9080):
        heard = await said_to(callee.plane.bind, 9080, "istio-http/1.1", chain, REQUEST, classic)
    assert b"200 OK" in heard
    assert "curves.P-256" in await agreed(callee.admin, "listener")


@pytest.mark.parametrize("minimum", list(TlsVersion))
async def test_an_old_version_is_spoken_only_where_it_is_said(
    start: Start, authority: Authority, tmp_path: Path, minimum: TlsVersion
) -> None:
    """TLS 1.2 is refused, unless `meshMTLS.minProtocolVersion` allows it."""
    allowed = minimum is TlsVersion.TLS_1_2
    world = World(authority, mtls(MtlsMode.STRICT), *([] if not allowed else [_older()]))
    callee = await start(world.plane(world.reviews))
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with echoing(world.app, 9080):
        heard = await said_to(
            callee.plane.bind, 9080, "istio-http/1.1", client_of(tmp_path), REQUEST, old
        )
    assert (b"200 OK" in heard) == allowed
    assert callee.plane.refused == []


def _older() -> Any:
    suites = ("ECDHE-ECDSA-AES256-GCM-SHA384",)
    return speaking(TlsParameters(TlsVersion.TLS_1_2, suites))
