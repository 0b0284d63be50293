"""An agent follows the roots that it is told, and says how far its host is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gossamer.agent.identity.keys import Keeper, KeyOwner
from gossamer.agent.identity.trust import (
    AT_ONCE,
    NEVER,
    HostState,
    PlaneAway,
    Trust,
    TrustFollower,
)
from gossamer.identity.authority import Authority
from gossamer.identity.join import issue_join
from gossamer.identity.keys import issued_by
from gossamer.identity.plan import AttestedPod, SpiffeId, pod_template
from gossamer.identity.rotation.spread import Turnstile
from gossamer.identity.shapes import TrustNow, TrustReport
from gossamer.identity.trust_bundle import digest_of
from tests.agent.fakes import FakeClock, FakeSigner
from tests.waiting import settle

POD = pod_template(AttestedPod("shop", "cart-1", "default", "east"))


class FakeLink:
    """A connection to a plane whose next answer the test chooses."""

    def __init__(self, authority: Authority) -> None:
        self.join = issue_join(authority, "east")
        self.answer: TrustNow | None = None
        self.reports: list[TrustReport] = []
        self._trust = Trust(self.join.roots)

    async def call(self, method: str, request: Any, gives: Any) -> Any:
        self.reports.append(request)
        if self.answer is None:
            raise PlaneAway("UNIMPLEMENTED")
        return self.answer

    def trust(self) -> Trust:
        return self._trust

    def believe(self, trust: Trust) -> None:
        self._trust = trust
        self.join = replace(self.join, roots=trust.roots)


class Host:
    """An agent that follows, beside two authorities."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.former = Authority.open(folder / "former", now=self.clock.now)
        self.next = Authority.open(folder / "next", now=self.clock.now)
        self.link = FakeLink(self.former)
        self.changes = 0
        self.behind: tuple[str, ...] = ()
        follower = TrustFollower(self.link, self._state, self._changed)
        self.task = asyncio.create_task(follower.run(self.clock))

    def _state(self, trust: Trust) -> HostState:
        return HostState(self.behind, None)

    def _changed(self) -> None:
        self.changes += 1

    async def hears(self, *roots: Authority, signs: Authority, window: float = 20.0) -> None:
        """The plane's answer from now on, and time to ask for it."""
        pem = "".join(each.roots_pem for each in roots)
        self.link.answer = TrustNow(pem, signs.roots_pem, window)
        await self.clock.pass_by(6)


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    """A host of this test's own."""
    agent = Host(tmp_path)
    await settle()
    yield agent
    agent.task.cancel()


async def test_a_plane_that_is_away_changes_nothing(host: Host) -> None:
    """Or one too old to know the question: it is asked again."""
    await host.clock.pass_by(11)
    assert len(host.link.reports) == 3
    assert host.link.trust() == Trust(host.former.roots_pem)
    assert host.changes == 0


async def test_roots_are_believed_and_said_to_be(host: Host) -> None:
    """The next report has the digests of what the host believes now."""
    await host.hears(host.former, host.next, signs=host.former)
    both = host.former.roots_pem + host.next.roots_pem
    assert host.link.join.roots == both
    assert host.changes == 1
    report = host.link.reports[-1]
    assert report.roots == digest_of(both)
    assert report.issuer == digest_of(host.former.roots_pem)
    assert report.own


async def test_news_is_followed_by_quick_questions(host: Host) -> None:
    """The phases of a rotation do not wait for a calm agent; after a minute it is one again."""
    await host.hears(host.former, host.next, signs=host.former)
    before = len(host.link.reports)
    await host.clock.pass_by(10)
    assert len(host.link.reports) - before == 10
    await host.clock.pass_by(60)
    before = len(host.link.reports)
    await host.clock.pass_by(10)
    assert len(host.link.reports) - before == 2


async def test_a_certificate_of_the_former_issuer_is_said_to_be(host: Host) -> None:
    """The agent's own, and those of its pods: the plane waits for both."""
    await host.hears(host.former, host.next, signs=host.next)
    host.behind = ("shop/cart-1",)
    await host.clock.pass_by(2)
    assert not host.link.reports[-1].own
    assert host.link.reports[-1].behind == ("shop/cart-1",)


@pytest.mark.parametrize("roots", ["", "-----BEGIN CERTIFICATE-----", "nonsense"])
async def test_what_is_no_bundle_is_not_believed(host: Host, roots: str) -> None:
    """An agent that believed nobody would never find its plane again."""
    host.link.answer = TrustNow(roots, host.next.roots_pem, 1.0)
    await host.clock.pass_by(6)
    assert host.link.trust() == Trust(host.former.roots_pem)


async def test_renewals_have_their_moment_in_the_window(host: Host) -> None:
    """From when the agent heard of the issuer; none where the certificate is of it already."""
    await host.hears(host.former, host.next, signs=host.next)
    trust = host.link.trust()
    former, fresh = host.former.issue(POD).chain, host.next.issue(POD).chain
    due = trust.renewal("shop/cart-1", former)
    assert 0 <= (due - trust.since).total_seconds() < 20
    assert trust.renewal("shop/cart-1", fresh) == NEVER
    await host.hears(host.next, signs=host.next)
    assert host.link.trust().since == trust.since
    assert host.link.trust().renewal("shop/cart-1", former) == AT_ONCE


async def test_a_workload_moves_over_in_its_turn(tmp_path: Path) -> None:
    """Stirred by its agent it renews within the window, and not at its half life alone."""
    clock = FakeClock()
    signer = FakeSigner(tmp_path, clock)
    owner = KeyOwner("shop/cart-1", SpiffeId.of_account("shop", "default"), tmp_path)
    trust = [signer.trust()]
    keeper = Keeper(owner, lambda csr: signer.sign("shop/cart-1", csr), lambda: None)
    task = asyncio.create_task(keeper.run(clock, lambda: trust[0], Turnstile()))
    await settle()
    former = signer.authority.roots_pem
    signer.refound()
    signs = signer.authority.roots_pem
    trust[0] = Trust(former + signs, signs, clock.now(), 30.0)
    keeper.stir()
    await clock.pass_by(31)
    assert keeper.current is not None
    assert issued_by(keeper.current.chain, signs)
    assert len(signer.requests) == 2
    task.cancel()
