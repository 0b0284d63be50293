"""Bans are kept, entered as one fact, over in time, and come with revocation lists or without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gossamer.identity.authority import Authority
from gossamer.identity.issuance.reading import entries
from gossamer.identity.issuance.verify import verify
from gossamer.identity.plan import SpiffeId, Template
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.observed import Observed
from gossamer.model.workload.banned import Banned
from gossamer.plane.observed.bans import BanKeeper, Signing, follow_bans
from gossamer.plane.observed.observations import Observations

CART = SpiffeId.of_account("shop", "cart")
KEY = tables.BANNED.key(EVERYWHERE)


class Keeping:
    """A keeper at a time that a test moves; `live` as a restarted plane."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.time = folder, datetime(2030, 5, 1, 12, tzinfo=UTC)
        self.authority = Authority.open(folder, now=lambda: self.time)
        self.trusted = self.authority.roots_pem.encode()
        self.recalled = self.live()

    def live(self) -> Observed:
        observations = Observations(self.folder / "observations", lambda: 0.0)
        signing = Signing(lambda: (self.authority.issuer,), lambda: self.trusted)
        self.keeper = BanKeeper(self.folder, signing, observations, lambda: self.time)
        return self.keeper.recall()

    def issue(self) -> int:
        """The serial of a certificate of the cart's."""
        chain = self.authority.issue(Template(CART, ("cart-1.shop",))).chain
        return x509.load_pem_x509_certificate(chain.encode()).serial_number


@pytest.fixture
def keeping(tmp_path: Path) -> Keeping:
    return Keeping(tmp_path)


def revoked(fact: Banned) -> set[int]:
    return {each.serial_number for each in x509.load_pem_x509_crl(fact.revoked)}


async def test_a_ban_is_a_fact_with_the_serials_that_it_revokes(keeping: Keeping) -> None:
    """One fact for the mesh: the names, and the certificates that bear them."""
    serial = keeping.issue()
    changed = await keeping.keeper.ban(str(CART), "")
    fact = changed[KEY]
    assert (fact.identities, fact.pods) == ((str(CART),), ())
    assert revoked(fact) == {serial}
    assert keeping.keeper.refusing(str(CART)) is not None
    assert keeping.keeper.refusing("", "shop/cart-1") is None


async def test_a_ban_outlives_the_plane(keeping: Keeping) -> None:
    """A plane that restarts has it before it serves."""
    serial = keeping.issue()
    await keeping.keeper.ban("shop/cart-1", "")
    fact = keeping.live()[KEY]
    assert fact.pods == ("shop/cart-1",)
    assert revoked(fact) == {serial}
    assert keeping.keeper.refusing("", "shop/cart-1") is not None


async def test_a_lifted_ban_leaves_nothing(keeping: Keeping) -> None:
    """The fact goes, and a second lift has nothing to lift."""
    await keeping.keeper.ban(str(CART), "")
    assert await keeping.keeper.lift(str(CART)) == {KEY: None}
    assert await keeping.keeper.lift(str(CART)) is None
    assert keeping.live() == {}


async def test_a_ban_ends_by_itself(keeping: Keeping) -> None:
    """The first look after its time lets it go."""
    await keeping.keeper.ban(str(CART), "2030-05-01T13:00:00Z")
    assert keeping.keeper.look() == {}
    keeping.time += timedelta(hours=1)
    assert keeping.keeper.refusing(str(CART)) is None
    assert keeping.keeper.look() == {KEY: None}


async def test_a_foreign_root_takes_the_lists_away_and_brings_them_back(
    keeping: Keeping, tmp_path: Path
) -> None:
    """With lists of ours alone, Envoy would refuse everybody whom the other root signed for."""
    await keeping.keeper.ban(str(CART), "")
    assert keeping.keeper.listed
    own = keeping.trusted
    keeping.trusted += Authority.open(tmp_path / "other").roots_pem.encode()
    assert keeping.keeper.look()[KEY].revoked == b""
    assert not keeping.keeper.listed
    keeping.trusted = own
    assert keeping.keeper.look()[KEY].revoked


async def test_lists_are_signed_anew_only_for_something_new(keeping: Keeping) -> None:
    """Signatures differ each time, and each change of the fact goes to every proxy."""
    await keeping.keeper.ban(str(CART), "")
    keeping.time += timedelta(minutes=1)
    assert keeping.keeper.look() == {}


async def test_bans_and_lifts_stand_in_the_log(keeping: Keeping) -> None:
    """Who was refused, and until when, is part of the record."""
    await keeping.keeper.ban(str(CART), "2030-05-01T13:00:00Z")
    await keeping.keeper.lift(str(CART))
    said = [(each.event, each.spiffe, each.until) for each in entries(keeping.folder / "issuance")]
    until = "2030-05-01T13:00:00Z"
    assert said == [("banned", str(CART), until), ("unbanned", str(CART), until)]
    assert verify(keeping.folder / "issuance").problem == ""


async def test_what_ends_is_entered_by_the_one_who_looks(keeping: Keeping) -> None:
    """The plane's own loop needs nobody to ask."""
    await keeping.keeper.ban(str(CART), "2030-05-01T13:00:00Z")
    entered: list[Observed] = []

    class Later:
        def now(self) -> datetime:
            return keeping.time

        async def wait(self, seconds: float) -> None:
            if entered:
                raise EOFError
            keeping.time += timedelta(minutes=50)

    with pytest.raises(EOFError):
        await follow_bans(keeping.keeper, Later(), entered.append)
    assert entered == [{KEY: None}]
