"""A workload's credential: obtained, kept, renewed; the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gossamer.agent.identity.keys import Keeper, KeyOwner
from gossamer.identity.keys import issued_under, matches, spiffe_of
from gossamer.identity.plan import SpiffeId
from gossamer.identity.rotation.spread import Turnstile
from gossamer.xds.frame import body_of
from tests.agent.fakes import FakeClock, FakeSigner
from tests.waiting import settle

HOUR = 3600.0
Start = Callable[[], Keeper]


class World:
    """One workload's keeper beside its signer, restartable."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.signer = FakeSigner(folder, self.clock)
        self.owner = KeyOwner("shop/cart-1", SpiffeId.of_account("shop", "default"), folder)
        self.changes = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> Keeper:
        async def sign(csr: str) -> str:
            return await self.signer.sign("shop/cart-1", csr)

        keeper = Keeper(self.owner, sign, self._changed)
        run = keeper.run(self.clock, self.signer.trust, Turnstile())
        self._tasks.append(asyncio.create_task(run))
        return keeper

    def _changed(self) -> None:
        self.changes += 1

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One workload of this test's own."""
    made = World(tmp_path)
    yield made
    await made.stop()


async def test_a_key_is_made_here_and_signed_there(world: World, tmp_path: Path) -> None:
    """Key and chain belong together, are private on disk, and the change is told."""
    keeper = world.start()
    await settle()
    held = keeper.current
    assert held is not None
    assert matches(held.key, held.chain)
    assert world.changes == 1
    for file in ("key.pem", "chain.pem"):
        assert (tmp_path / file).stat().st_mode & 0o777 == 0o600
    assert all("PRIVATE" not in csr for csr in world.signer.requests)


async def test_renewal_happens_after_half_life(world: World) -> None:
    """Nothing before twelve hours, a new key and certificate before fifteen."""
    keeper = world.start()
    await settle()
    first = keeper.current
    await world.clock.pass_by(11.9 * HOUR)
    assert keeper.current is first
    await world.clock.pass_by(3 * HOUR)
    assert keeper.current is not None
    assert first is not None
    assert keeper.current.key != first.key
    assert world.changes == 2
    assert keeper.current.span.ends > world.clock.now() + timedelta(hours=20)


async def test_an_absent_plane_is_asked_again(world: World) -> None:
    """The old certificate serves on while the plane is away; renewal follows its return."""
    keeper = world.start()
    await settle()
    first = keeper.current
    world.signer.away = True
    await world.clock.pass_by(20 * HOUR)
    assert keeper.current is first
    assert len(world.signer.requests) > 100
    world.signer.away = False
    await world.clock.pass_by(31)
    assert keeper.current is not first


async def test_a_restart_asks_for_nothing(world: World) -> None:
    """A restarted agent serves the certificate on its disk, at once, with no plane."""
    first = world.start()
    await settle()
    world.signer.away = True
    asked = len(world.signer.requests)
    again = world.start()
    await settle()
    assert again.current == first.current
    assert len(world.signer.requests) == asked


@pytest.mark.parametrize("damage", ["key.pem", "chain.pem"])
async def test_a_torn_pair_is_replaced(world: World, tmp_path: Path, damage: str) -> None:
    """A crash between the two files costs one request, never a broken handshake."""
    world.start()
    await settle()
    (tmp_path / damage).write_text("torn")
    again = world.start()
    await settle()
    assert again.current is not None
    assert matches(again.current.key, again.current.chain)


async def test_another_root_means_a_new_certificate(world: World) -> None:
    """When the plane's authority is another, its workloads move over without a restart."""
    keeper = world.start()
    await settle()
    world.signer.refound()
    await world.clock.pass_by(13 * HOUR)
    assert keeper.current is not None
    assert issued_under(keeper.current.chain, world.signer.trust().roots)


async def test_a_certificate_for_somebody_else_is_not_taken(world: World) -> None:
    """A workload never presents an identity that is not its own."""
    world.signer.accounts["shop/cart-1"] = "bank"
    keeper = world.start()
    await world.clock.pass_by(60)
    assert keeper.current is None
    world.signer.accounts.clear()
    await world.clock.pass_by(31)
    assert keeper.current is not None
    assert spiffe_of(keeper.current.chain) == world.owner.spiffe


async def test_the_secret_is_what_envoy_reads(world: World) -> None:
    """Name `default`, chain and key inside, a version that changes with the certificate."""
    from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

    keeper = world.start()
    await settle()
    assert keeper.current is not None
    resource = keeper.current.secret()
    read = secret_pb2.Secret.FromString(body_of(resource) or b"")
    assert (resource.name, read.name) == ("default", "default")
    assert read.tls_certificate.private_key.inline_string == keeper.current.key
    assert read.tls_certificate.certificate_chain.inline_string == keeper.current.chain
    assert resource == keeper.current.secret()
