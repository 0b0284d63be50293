"""The connection to the plane: joining, calling, renewing while streams stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gossamer.agent.host.dns_records import NamesSession
from gossamer.agent.identity.keys import NotSigned
from gossamer.agent.identity.trust import PlaneAway, Trust
from gossamer.agent.link import LOOK_SECONDS, PlaneLink, wait_for_join
from gossamer.agent.relay.cache import Cache
from gossamer.contract.rpc import SIGN
from gossamer.contract.stream_metadata import HOST_KEY
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.join import Join, ensure_join, issue_join, read_join
from gossamer.identity.keys import lifespan, new_key, signing_request, spiffe_of
from gossamer.identity.plan import AttestedPod, SpiffeId, plane_template
from gossamer.identity.run import CertificateSigner
from gossamer.identity.shapes import SignedChain, SignRequest
from gossamer.process.clock import utc_now
from gossamer.xds.connect import ServerConnection
from gossamer.xds.frame import Node
from gossamer.xds.serve import Serving, mutual_tls, serve
from gossamer.xds.stream.session import OpenStreams, Peer, StreamRefused, StreamView
from tests.agent.fakes import FakeClock
from tests.waiting import settle, until

EAST = SpiffeId.of_agent("east")


class Plane:
    """A signing desk behind mutual TLS, and streams that are counted and then refused or held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority.open(folder / "ca")
        self.opened = 0
        self._serving: Serving | None = None

    @property
    def target(self) -> str:
        return f"unix:{self.folder}/xds.sock"

    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> StreamView:
        self.opened += 1
        return Nothing()

    async def start(self) -> None:
        pods = {"shop/cart-1": AttestedPod("shop", "cart-1", "till", host="east")}
        desk = CertificateSigner(self.authority, pods.get)
        made = self.authority.issue(plane_template())
        pems = (made.key.encode(), made.chain.encode(), made.roots.encode())

        async def sign(request: bytes, peer: Peer, _: Mapping[str, str]) -> bytes:
            try:
                return desk.answer(request, ProvenCaller(SpiffeId.parse(peer.spiffe or "")))
            except Exception as error:
                raise StreamRefused(str(error)) from error

        streams = OpenStreams(self, lambda _: None)
        self._serving = await serve([self.target], streams, {SIGN: sign}, mutual_tls(lambda: pems))

    async def stop(self) -> None:
        if self._serving:
            await self._serving.close()


class Nothing:
    """A stream's view of an empty mesh."""

    views: Mapping[str, str] = {}

    def get(self, type_url: str, name: str) -> None:
        return None

    def wildcard(self, type_url: str) -> tuple[str, ...]:
        return ()

    def used(self, type_url: str, names: tuple[str, ...]) -> None:
        return

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        return

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        return

    def closed(self) -> None:
        return


@pytest.fixture
async def plane(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plane]:
    """A plane of this test's own."""
    made = Plane(tmp_path_factory.mktemp("p"))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def link(plane: Plane) -> AsyncIterator[PlaneLink]:
    """A joined agent's connection to it."""
    path = plane.folder / "join.json"
    ensure_join(plane.authority, path, "east")
    made = PlaneLink(plane.target, path, read_join(path))
    yield made
    await made.close()


async def test_an_agent_waits_for_its_join_file(tmp_path: Path) -> None:
    """Absent or torn, it is waited for; good, it is taken, in whichever order they start."""
    clock, path = FakeClock(), tmp_path / "join.json"
    joined = asyncio.ensure_future(wait_for_join(path, clock))
    await clock.pass_by(1)
    path.write_text("{")
    await clock.pass_by(1)
    assert not joined.done()
    ensure_join(Authority.open(tmp_path / "ca"), path, "east")
    await clock.pass_by(1)
    assert (await joined).host == "east"


async def test_keys_are_signed_over_the_link(link: PlaneLink) -> None:
    """The plane knows the agent by its certificate and signs for its pods only."""
    chain = await link.sign("shop/cart-1", signing_request(new_key()))
    assert spiffe_of(chain).account == ("shop", "till")
    with pytest.raises(NotSigned, match="no host has reported"):
        await link.sign("shop/other", signing_request(new_key()))


async def test_an_absent_plane_is_told(plane: Plane, link: PlaneLink) -> None:
    """Calls fail in words when nobody answers; the caller decides when to try again."""
    await plane.stop()
    with pytest.raises(PlaneAway, match=r"UNAVAILABLE|DEADLINE"):
        await link.call(SIGN, SignRequest(""), SignedChain)


async def keeping(link: PlaneLink, clock: FakeClock) -> asyncio.Task[None]:
    task = asyncio.create_task(link.keep(clock))
    await settle()
    return task


async def test_an_agent_renews_itself_and_stays_connected(
    plane: Plane, link: PlaneLink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Past half life it has a new certificate, on disk too, and its streams move over to it."""
    monkeypatch.setattr("gossamer.agent.link.MOVE_SECONDS", 0.0)
    session = NamesSession(lambda: None, Cache(tmp_path / "names.cache"))
    stream = ServerConnection(
        link.channel, lambda: {HOST_KEY: "east"}, session, asyncio.get_running_loop()
    )
    streaming = asyncio.create_task(stream.run())
    await until(lambda: _true(plane.opened == 1))
    before, clock = link.join, FakeClock()
    clock.date = utc_now()
    task = await keeping(link, clock)
    await clock.pass_by(10)
    assert link.join == before
    clock.date = lifespan(before.chain).ends - timedelta(days=1)

    async def renewed() -> bool:
        await clock.pass_by(LOOK_SECONDS)
        return link.join != before

    await until(renewed)
    assert spiffe_of(link.join.chain) == EAST
    assert read_join(plane.folder / "join.json") == link.join
    await until(lambda: _true(plane.opened >= 2))
    assert not streaming.done()
    assert spiffe_of(await link.sign("shop/cart-1", signing_request(new_key()))).account
    for each in (task, streaming):
        each.cancel()


async def test_a_new_join_file_is_taken_up(plane: Plane, link: PlaneLink, tmp_path: Path) -> None:
    """A plane with a new root writes a new file; the agent follows; a torn one it ignores."""
    clock, path = FakeClock(), plane.folder / "join.json"
    clock.date = utc_now()
    task = await keeping(link, clock)
    before = link.join
    path.write_text("{")
    await clock.pass_by(3)
    assert link.join == before
    other = issue_join(Authority.open(tmp_path / "other"), "east")
    path.write_text(json.dumps(_as_dict(other)))
    await clock.pass_by(3)
    assert link.join == other
    assert link.trust() == Trust(other.roots)
    task.cancel()


async def test_roots_that_are_believed_outlive_the_agent(
    plane: Plane, link: PlaneLink, tmp_path: Path
) -> None:
    """They are in its join file before they are said to be believed; the plane is known by them."""
    former = link.join.roots
    both = former + Authority.open(tmp_path / "next").roots_pem
    link.believe(Trust(both, former))
    assert read_join(plane.folder / "join.json").roots == both
    assert link.trust() == Trust(both, former)
    chain = await link.sign("shop/cart-1", signing_request(new_key()))
    assert spiffe_of(chain).account == ("shop", "till")


async def test_an_agent_moves_over_to_another_issuer(
    plane: Plane, link: PlaneLink, tmp_path: Path
) -> None:
    """Its own certificate as well, long before its half life."""
    clock, before = FakeClock(), link.join
    clock.date = utc_now()
    other = Authority.open(tmp_path / "next").roots_pem
    link.believe(Trust(before.roots, other, clock.date, 0.0))
    task = await keeping(link, clock)

    async def renewed() -> bool:
        await clock.pass_by(LOOK_SECONDS)
        return link.join.chain != before.chain

    await until(renewed)
    task.cancel()


def _as_dict(join: Join) -> dict[str, Any]:
    return {"host": join.host, "chain": join.chain, "key": join.key, "roots": join.roots}


async def _true(value: bool) -> bool:
    return value
