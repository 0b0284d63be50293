"""The SPIFFE Workload API as the public `spiffe` client sees it."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from spiffe import TrustDomain, WorkloadApiClient
from spiffe.workloadapi.errors import WorkloadApiError
from spiffe.workloadapi.x509_context import X509Context

from gossamer.agent.identity.keys import KeyOwner
from gossamer.agent.identity.trust import Trust
from gossamer.agent.identity.workload_api.api import IdentitySources, WorkloadApi
from gossamer.agent.identity.workload_api.place import SOCKET
from gossamer.agent.identity.workload_api.server import FETCH_X509_SVID, MOST_CALLS
from gossamer.compile.tls.spiffe_validator import prove_by_domain
from gossamer.identity.authority import Authority
from gossamer.identity.plan import TRUST_DOMAIN, AttestedPod, identity_of, pod_template
from gossamer.identity.revocation.crl import revocation_lists
from gossamer.identity.rotation.spread import Turnstile
from gossamer.model.workload.federated_domain import FederatedDomain
from gossamer.process.clock import Clock, WallClock
from tests.waiting import until

CART = AttestedPod("shop", "cart-1", "cart", "lab")
OURS = TrustDomain(TRUST_DOMAIN)
PARTNER = TrustDomain("partner.example")
Answer = TypeVar("Answer")


class Served:
    """One pod's API, signed for by an authority of this test's, and a client of it."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        self.authority = Authority.open(folder / "ca")
        self.asked = 0
        self.away = False
        self.secret: bytes | None = None
        self.trusted = Trust(self.authority.roots_pem)
        owner = KeyOwner(str(CART), identity_of(CART), folder / "key")
        sources = IdentitySources(self.sign, lambda: self.trusted, lambda: self.secret)
        self.api = WorkloadApi(owner, folder / "api", sources, clock or WallClock())
        self.socket = folder / "api" / SOCKET

    async def sign(self, csr: str) -> str:
        self.asked += 1
        if self.away:
            raise OSError("the plane is away")
        return self.authority.sign(csr, pod_template(CART))

    async def listens(self) -> bool:
        return self.socket.exists()

    async def signed(self) -> bool:
        return self.api.held() is not None

    def refound(self) -> None:
        """Another root signs and is believed."""
        self.authority = Authority.open(self.folder / "ca2")
        self.trusted = Trust(self.authority.roots_pem)
        self.api.stir()

    async def asks(self, call: Callable[[WorkloadApiClient], Answer]) -> Answer:
        """What the client gets; it blocks, so it has a thread."""

        def run() -> Answer:
            with WorkloadApiClient(f"unix://{self.socket}", default_timeout=10) as client:
                return call(client)

        return await asyncio.to_thread(run)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """Served until the test ends."""
    api = Served(tmp_path)
    running = asyncio.create_task(api.api.run(Turnstile()))
    await until(api.listens)
    yield api
    running.cancel()
    await asyncio.wait([running])
    assert not api.socket.exists(), "it was stopped"


async def test_an_application_gets_its_identity(served: Served) -> None:
    """One SVID: the pod's SPIFFE id, a key that fits, and a chain under the bundle."""
    context = await served.asks(WorkloadApiClient.fetch_x509_context)
    svid = context.default_svid
    assert str(svid.spiffe_id) == str(identity_of(CART))
    assert isinstance(svid.private_key, ec.EllipticCurvePrivateKey)
    assert svid.private_key.public_key() == svid.leaf.public_key()
    bundle = context.x509_bundle_set.get_bundle_for_trust_domain(OURS)
    assert bundle is not None
    [root] = bundle.x509_authorities
    svid.leaf.verify_directly_issued_by(root)


async def test_whom_to_believe_without_an_svid(served: Served) -> None:
    """FetchX509Bundles has this mesh's roots."""
    bundles = await served.asks(WorkloadApiClient.fetch_x509_bundles)
    assert {str(each.trust_domain.name) for each in bundles.bundles} == {TRUST_DOMAIN}


async def test_federated_roots_and_revocations_are_those_of_the_proxy(
    served: Served, tmp_path: Path
) -> None:
    """What the pod's Envoy was given by xDS is what the application gets, by trust domain."""
    partner = Authority.open(tmp_path / "partner")
    served.secret = roots_secret(
        FederatedDomain(TRUST_DOMAIN, served.authority.roots_pem.encode()),
        FederatedDomain("partner.example", partner.roots_pem.encode()),
    )
    context = await served.asks(WorkloadApiClient.fetch_x509_context)
    [root] = bundle_roots(context, PARTNER)
    assert root == partner.issuer.root
    assert len(bundle_roots(context, OURS)) == 1
    bundles = await served.asks(WorkloadApiClient.fetch_x509_bundles)
    assert {each.trust_domain for each in bundles.bundles} == {OURS, PARTNER}


async def test_a_ban_arrives_as_a_revocation_list(served: Served) -> None:
    """`crl` of the answer is the list that proxies have, in DER."""
    issuer = served.authority.issuer
    secret = Secret()
    secret.validation_context.trusted_ca.inline_bytes = served.authority.roots_pem.encode()
    now = datetime.now(UTC)
    secret.validation_context.crl.inline_bytes = revocation_lists([issuer], frozenset({7}), now)
    served.secret = secret.SerializeToString()
    await until(served.signed)
    held = served.api.held()
    assert held is not None
    assert len(held.bundles.revoked) == 1
    assert len(bundle_roots(await served.asks(WorkloadApiClient.fetch_x509_context), OURS)) == 1


async def test_a_stream_hears_of_a_renewal_and_of_other_roots(served: Served) -> None:
    """A stream that stays open is told again, without being asked."""
    heard: queue.Queue[X509Context] = queue.Queue()
    with WorkloadApiClient(f"unix://{served.socket}") as client:
        stream = client.stream_x509_contexts(heard.put, print)
        first = await asyncio.to_thread(heard.get, timeout=10)
        served.refound()
        second = first
        while bundle_roots(second, OURS) == bundle_roots(first, OURS) or serial(second) == serial(
            first
        ):
            second = await asyncio.to_thread(heard.get, timeout=10)
        stream.cancel()
    [root] = bundle_roots(second, OURS)
    second.default_svid.leaf.verify_directly_issued_by(root)


async def test_a_call_without_the_header_is_refused(served: Served) -> None:
    """A request that an application was tricked into sending does not have it: no key for it."""
    for metadata in ((), (("workload.spiffe.io", "false"),), (("workload.spiffe.io", "TRUE"),)):
        async with grpc.aio.insecure_channel(f"unix:{served.socket}") as channel:
            call = channel.unary_stream(FETCH_X509_SVID)(b"", metadata=metadata, timeout=10)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call.read()
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "workload.spiffe.io: true" in str(refused.value.details())


async def test_unknown_methods_are_unimplemented(served: Served) -> None:
    """So that a client knows what it cannot have here."""
    with pytest.raises(WorkloadApiError, match=r"(?i)unimplemented|not found"):
        await served.asks(lambda client: client.fetch_jwt_svid({"billing"}))


async def test_the_socket_is_its_owners_alone(served: Served) -> None:
    """0600 in a folder of 0700, and so is the key."""
    assert served.socket.stat().st_mode & 0o777 == 0o600
    assert served.socket.parent.stat().st_mode & 0o777 == 0o700
    await served.asks(WorkloadApiClient.fetch_x509_svid)
    assert (served.folder / "key" / "key.pem").stat().st_mode & 0o777 == 0o600


async def test_one_pod_cannot_fill_the_agents_memory(served: Served) -> None:
    """Calls beyond the bound are refused, and end nothing of those that are open."""
    header = (("workload.spiffe.io", "true"),)
    async with grpc.aio.insecure_channel(f"unix:{served.socket}") as channel:
        open_ = [
            channel.unary_stream(FETCH_X509_SVID)(b"", metadata=header) for _ in range(MOST_CALLS)
        ]
        assert all([len(await call.read()) > 100 for call in open_])
        async with grpc.aio.insecure_channel(
            f"unix:{served.socket}", options=(("grpc.use_local_subchannel_pool", 1),)
        ) as another:
            call = another.unary_stream(FETCH_X509_SVID)(b"", metadata=header, timeout=10)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call.read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert not any(call.done() for call in open_)


async def test_an_unsigned_pod_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plane does not sign: the caller hears so after a while, and may ask again."""
    monkeypatch.setattr("gossamer.agent.identity.workload_api.api.PATIENCE", 2)
    api = Served(tmp_path)
    api.away = True
    running = asyncio.create_task(api.api.run(Turnstile()))
    await until(api.listens)
    with pytest.raises(WorkloadApiError, match="has not signed a certificate for pod shop/cart-1"):
        await api.asks(WorkloadApiClient.fetch_x509_svid)
    running.cancel()
    await asyncio.wait([running])


async def test_a_restarted_agent_serves_the_same_certificate(served: Served) -> None:
    """The key is on disk, so nothing is signed anew, and the socket's folder stays the same one."""
    before = await served.asks(WorkloadApiClient.fetch_x509_svid)
    folder = served.socket.parent.stat().st_ino
    again = Served(served.folder)
    running = asyncio.create_task(again.api.run(Turnstile()))
    after = await again.asks(WorkloadApiClient.fetch_x509_svid)
    running.cancel()
    await asyncio.wait([running])
    assert after.leaf.serial_number == before.leaf.serial_number
    assert (again.asked, again.socket.parent.stat().st_ino) == (0, folder)


async def test_a_socket_that_cannot_be_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The agent says why and goes on: the certificate is kept, and the proxy does not notice."""
    api = Served(tmp_path / ("long" * 25))
    running = asyncio.create_task(api.api.run(Turnstile()))
    await until(api.signed)
    await until(lambda: _logged(caplog, "workload-api-not-served"))
    assert not running.done()
    assert not api.socket.exists()
    running.cancel()
    await asyncio.wait([running])


async def _logged(caplog: pytest.LogCaptureFixture, event: str) -> bool:
    return event in caplog.text


async def test_a_certificate_that_ended_is_not_given(tmp_path: Path) -> None:
    """The plane was away for a day: no identity is better than one that everybody refuses."""
    late = LateClock()
    api = Served(tmp_path, late)
    running = asyncio.create_task(api.api.run(Turnstile()))
    await until(api.signed)
    late.by = timedelta(hours=25)
    assert api.api.held() is None
    running.cancel()
    await asyncio.wait([running])


class LateClock(WallClock):
    """The machine's time and a bit more."""

    by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


def roots_secret(*domains: FederatedDomain) -> bytes:
    """As the plane gives proxies their roots."""
    secret = Secret()
    prove_by_domain(secret.validation_context, domains)
    return secret.SerializeToString()


def bundle_roots(context: X509Context, domain: TrustDomain) -> set[Any]:
    bundle = context.x509_bundle_set.get_bundle_for_trust_domain(domain)
    assert bundle is not None
    return set(bundle.x509_authorities)


def serial(context: X509Context) -> int:
    return int(context.default_svid.leaf.serial_number)
