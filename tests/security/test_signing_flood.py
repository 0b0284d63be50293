"""Floods at the signing desk: strangers do not get in, and who is in cannot keep it busy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest

from gossamer.contract.rpc import SIGN
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.issuance.rate import Allowance, RateLimit
from gossamer.identity.issuance.reading import entries
from gossamer.identity.keys import new_key, signing_request
from gossamer.identity.plan import AttestedPod, CsrRefused, SpiffeId, plane_template
from gossamer.identity.run import CertificateSigner
from gossamer.xds.serve import mutual_tls, serve
from gossamer.xds.stream.session import OpenStreams, Peer

EAST = ProvenCaller(SpiffeId.of_agent("east"))


class Desk:
    """A signing desk at a time that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.folder = folder
        self.signer = CertificateSigner(Authority.open(folder), self.pod, clock=lambda: self.now)
        self.csr = signing_request(new_key())

    def pod(self, key: str) -> AttestedPod:
        namespace, _, name = key.partition("/")
        return AttestedPod(namespace, name, "cart", "east")

    def ask(self, pod: str = "shop/cart-1") -> bytes:
        return self.signer.answer(json.dumps({"pod": pod, "csr": self.csr}).encode(), EAST)

    def signed(self, pod: str, times: int) -> int:
        """How many of so many requests were granted."""
        count = 0
        for _ in range(times):
            with suppress(CsrRefused):
                self.ask(pod)
                count += 1
        return count


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca")


def test_one_identity_that_asks_in_a_loop_is_slowed_down(desk: Desk) -> None:
    """Its siblings on the same host are served, nothing is recorded for what was refused, and it
    is let in again in time."""
    assert desk.signed("shop/cart-1", 200) == 20
    assert desk.signed("shop/cart-2", 1) == 1
    assert len(entries(desk.folder / "issuance")) == 21
    with pytest.raises(CsrRefused, match="asked for too often for shop/cart-1"):
        desk.ask()
    desk.now += 10
    assert desk.signed("shop/cart-1", 200) == 5


def test_a_host_of_many_pods_starts_at_once(desk: Desk) -> None:
    """A thousand pods are no flood."""
    assert sum(desk.signed(f"shop/cart-{n}", 1) for n in range(1000)) == 1000


def test_what_is_remembered_of_askers_is_bounded() -> None:
    """Names that were made up push each other out."""
    limit = RateLimit(Allowance(1, 0.1), lambda: 0.0, most=100)
    assert limit.wait_s("first") == 0
    assert limit.wait_s("first") == pytest.approx(10)
    assert all(limit.wait_s(f"name-{n}") == 0 for n in range(1000))
    assert len(limit._left) == 100


async def test_strangers_reach_no_desk(tmp_path: Path) -> None:
    """Without a certificate of the mesh there is no connection, so no request is read; meanwhile
    who has one is served."""
    authority = Authority.open(tmp_path / "ca")
    read: list[bytes] = []

    async def sign(request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
        read.append(request)
        return b"signed"

    issued = authority.issue(plane_template())
    pem = issued.key.encode(), issued.chain.encode(), issued.roots.encode()
    nobody: Any = None
    serving = await serve(
        ["127.0.0.1:0"], OpenStreams(nobody), {SIGN: sign}, mutual_tls(lambda: pem)
    )
    address = f"127.0.0.1:{serving.ports['127.0.0.1:0']}"
    named = (("grpc.ssl_target_name_override", "gossamer-plane"),)
    plain = grpc.aio.insecure_channel(address)
    bare = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(pem[2]), named)
    known = grpc.aio.secure_channel(
        address, grpc.ssl_channel_credentials(pem[2], pem[0], pem[1]), named
    )
    flood = [
        channel.unary_unary(SIGN)(b"flood", timeout=5)
        for _ in range(50)
        for channel in (plain, bare)
    ]
    assert await known.unary_unary(SIGN)(b"ours", timeout=10) == b"signed"
    answers = await asyncio.gather(*flood, return_exceptions=True)
    assert all(isinstance(each, grpc.aio.AioRpcError) for each in answers)
    assert read == [b"ours"]
    for channel in (plain, bare, known):
        await channel.close()
    await serving.close()
