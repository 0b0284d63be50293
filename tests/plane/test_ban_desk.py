"""Operators ban and lift through the plane's API: streams end, signing stops, mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gossamer.contract.stream_metadata import HOST_KEY, PROXY_KEY
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.keys import new_key, signing_request
from gossamer.identity.plan import AttestedPod, CsrRefused, SpiffeId
from gossamer.identity.revocation.bans import Ban
from gossamer.identity.run import CertificateSigner
from gossamer.model.observed import Observed, observed_pods
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.api.bans import BanBody, LiftBody
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.observed.bans import BanKeeper
from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.streams.ban_desk import BanDesk
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.xds.frame import Node
from gossamer.xds.stream.session import Peer, StreamRefused
from tests.plane.banning import ban_desk

AGENT = SpiffeId.of_agent("here")
CART = str(SpiffeId.of_account("shop", "cart"))
SIDECAR = ProxyRole.SIDECAR
PEER = Peer("a socket", str(AGENT))


class Banning:
    """A plane's streams, its signing desk, and a desk where bans are asked for."""

    def __init__(self, folder: Path) -> None:
        self.pipeline = Pipeline()
        pods = (
            Pod("shop", name, "cart", (ip,), service_account="cart", role=SIDECAR, host="here")
            for name, ip in (("cart-1", "10.244.0.7"), ("cart-2", "10.244.0.8"))
        )
        self.pipeline.advance({}, observed_pods(pods))
        observations = Observations(folder / "observations", lambda: 0.0)
        self.proxies = ConnectedProxies(self.pipeline, banned=self.refusing)
        self.desk: BanDesk = ban_desk(folder, observations, self.proxies)
        self.keeper: BanKeeper = self.desk.keeper
        pod = AttestedPod("shop", "cart-1", "cart", "here")
        self.signer = CertificateSigner(
            Authority.open(folder / "ca"), lambda name: pod, banned=self.keeper.refusing
        )

    def refusing(self, spiffe: str, pod: str = "") -> Ban | None:
        return self.keeper.refusing(spiffe, pod)

    def enter(self, changed: Observed) -> None:
        self.pipeline.advance({}, changed)

    def open(self, pod: str) -> None:
        """A proxy's stream through its agent."""
        name = pod.partition("/")[2]
        self.proxies.open(PEER, Node(f"{name}.shop"), {PROXY_KEY: pod})

    def sign(self) -> bytes:
        request = {"pod": "shop/cart-1", "csr": signing_request(new_key())}
        return self.signer.answer(json.dumps(request).encode(), ProvenCaller(AGENT))


@pytest.fixture
def banning(tmp_path: Path) -> Banning:
    return Banning(tmp_path)


async def test_nothing_is_signed_and_no_stream_opened_for_the_banned(banning: Banning) -> None:
    """Through an agent that is itself in good standing, too."""
    banning.sign()
    banning.open("shop/cart-1")
    done = await banning.desk.ban(BanBody(CART), banning.enter)
    assert (done.subject, done.until, done.revocation_lists) == (CART, None, True)
    with pytest.raises(CsrRefused, match="is banned since"):
        banning.sign()
    with pytest.raises(StreamRefused, match="is banned since"):
        banning.open("shop/cart-1")
    await banning.desk.lift(LiftBody(CART), banning.enter)
    banning.sign()
    banning.open("shop/cart-1")


async def test_one_pod_is_banned_without_its_siblings(banning: Banning) -> None:
    """They share the identity."""
    await banning.desk.ban(BanBody("shop/cart-1"), banning.enter)
    with pytest.raises(StreamRefused, match="shop/cart-1 is banned"):
        banning.open("shop/cart-1")
    banning.open("shop/cart-2")
    with pytest.raises(CsrRefused, match="shop/cart-1 is banned"):
        banning.sign()


async def test_a_banned_agent_speaks_for_nobody(banning: Banning) -> None:
    """Neither streams nor names nor reports nor signatures: its host is taken for stolen."""
    await banning.desk.ban(BanBody(str(AGENT)), banning.enter)
    with pytest.raises(StreamRefused, match="agent/here is banned"):
        banning.open("shop/cart-2")
    with pytest.raises(StreamRefused, match="agent/here is banned"):
        banning.proxies.open(PEER, Node(""), {HOST_KEY: "here"})
    with pytest.raises(StreamRefused, match="agent/here is banned"):
        banning.proxies.refuse_peer(PEER)
    with pytest.raises(CsrRefused, match="agent/here is banned"):
        banning.sign()


async def test_bans_are_listed_with_their_ends(banning: Banning) -> None:
    """A time is kept in UTC, whatever zone it was written in."""
    banning.sign()
    await banning.desk.ban(BanBody(CART, "2999-01-01T02:00:00+02:00"), banning.enter)
    listed = banning.desk.bans()
    assert [(each.subject, each.until) for each in listed.bans] == [(CART, "2999-01-01T00:00:00Z")]
    assert (listed.revoked, listed.revocation_lists) == (1, True)


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("tomorrow", "is not a time"),
        ("2999-01-01T00:00:00", "names no time zone"),
        ("2001-01-01T00:00:00Z", "is over"),
    ],
)
async def test_an_end_that_is_none_is_refused(banning: Banning, until: str, why: str) -> None:
    """A typing mistake must not end a ban at once, nor make it one for good."""
    with pytest.raises(RequestRefused, match=why) as refused:
        await banning.desk.ban(BanBody(CART, until), banning.enter)
    assert refused.value.status == 400
    assert banning.desk.bans().bans == []


async def test_mistaken_subjects_are_refused(banning: Banning) -> None:
    """Neither a ban that matches nobody nor a lift of nothing looks like success."""
    with pytest.raises(RequestRefused, match="nobody was banned"):
        await banning.desk.ban(BanBody("cart"), banning.enter)
    with pytest.raises(RequestRefused, match="is not banned") as refused:
        await banning.desk.lift(LiftBody(CART), banning.enter)
    assert refused.value.status == 404


async def test_a_ban_that_cannot_be_kept_is_told_and_holds(
    banning: Banning, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the banned one is refused until a restart, and the operator knows."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gossamer.plane.observed.bans.write_bans", full)
    with pytest.raises(RequestRefused, match="a restart of the control plane would"):
        await banning.desk.ban(BanBody(CART), banning.enter)
    with pytest.raises(CsrRefused):
        banning.sign()
