"""Trust roots are observed while the plane runs: changed, broken, gone, put back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.trust_bundle import public_bundle
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.observed import Observed
from gossamer.plane.observed.bundle_file import BundleFile
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.roots import LEASE_SECONDS, RootSource, follow, root_sources
from tests.plane.observed.steps_clock import Steps

KEY = EVERYWHERE
PEM = b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"


class Trust:
    """The mesh's roots in a folder, at a time that a test moves; `lives` as a restarted plane."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 1000.0
        self.bundle = folder / "roots.pem"
        self.authority = Authority.open(folder / "ca")
        self.own = self.authority.roots_pem.encode()
        self.second = Authority.open(folder / "second").roots_pem.encode()
        self.live()

    def live(self) -> Observed:
        self.observations = Observations(self.folder / "observations", lambda: self.now)
        self.source: RootSource = root_sources(
            self.authority, self.observations, self.bundle, self.folder / "ca"
        )[0]
        return self.look()

    def look(self) -> Observed:
        return self.source.take(self.source.file.look())

    def write(self, text: bytes) -> None:
        fresh = self.folder / "fresh.pem"
        fresh.write_bytes(text)
        fresh.replace(self.bundle)

    def settle(self) -> Observed:
        """Two looks: one that sees a change, one that believes it."""
        return {**self.look(), **self.look()}

    @property
    def trusted(self) -> bytes:
        return self.observations.sources.facts("plane/authority", tables.ROOTS)[KEY]

    def problem(self) -> str | None:
        return self.observations.status()["plane/authority"].problem or None

    def is_stale(self) -> bool:
        return self.observations.status()["plane/authority"].stale


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path)


def test_without_a_file_the_mesh_trusts_its_own_authority(trust: Trust) -> None:
    """A file beside is a choice; each look renews the lease."""
    assert (trust.trusted, trust.problem()) == (trust.own, None)
    trust.now += LEASE_SECONDS + 1
    assert trust.is_stale()
    assert trust.look() == {}
    assert not trust.is_stale()


def test_a_root_that_is_added_is_trusted_beside_and_one_that_is_removed_no_more(
    trust: Trust,
) -> None:
    """The authority's own stays in any case: without it every workload were cut off."""
    key = tables.ROOTS.key(KEY)
    trust.write(trust.second)
    assert trust.settle() == {key: trust.own + trust.second}
    assert trust.source.trusted == trust.own + trust.second
    trust.write(trust.own)
    assert trust.settle() == {key: trust.own}


def test_a_file_that_is_being_written_is_left_in_peace(trust: Trust) -> None:
    """It is read once it has rested from one look to the next."""
    trust.write(trust.second)
    trust.settle()
    for text in (b"", trust.second[:100], trust.second):
        trust.bundle.write_bytes(text)
        assert trust.look() == {}
        assert trust.problem() is None
    assert trust.look() == {}
    assert trust.trusted == trust.own + trust.second


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda trust: trust.write(b""), "holds no certificate"),
        (lambda trust: trust.write(trust.second[:-40]), "in the middle of a certificate"),
        (lambda trust: trust.write(b"x" * 1_048_577), "is larger than"),
        (lambda trust: trust.bundle.chmod(0o666), "can be written by others"),
        (lambda trust: trust.bundle.unlink(), "is gone"),
    ],
)
def test_a_broken_file_costs_nothing_but_its_age(
    trust: Trust, break_it: Callable[[Trust], object], why: str
) -> None:
    """The last good version stays, stale when its lease is over, with the reason; fixed, it is
    fresh again."""
    trust.write(trust.second)
    trust.settle()
    break_it(trust)
    trust.now += LEASE_SECONDS + 1
    assert trust.settle() == {}
    assert trust.trusted == trust.own + trust.second
    assert trust.is_stale()
    assert why in str(trust.problem())
    (finding,) = trust.observations.findings()
    assert finding.code == "unusable-roots"
    assert finding.origin.file == str(trust.bundle)
    assert finding.remedy
    trust.bundle.unlink(missing_ok=True)
    trust.write(trust.second)
    assert trust.settle() == {}
    assert (trust.problem(), trust.is_stale()) == (None, False)
    assert trust.observations.findings() == ()


def test_what_others_can_write_is_believed_again_once_they_cannot(trust: Trust) -> None:
    """Though the file itself is as it was: the fault was its folder's."""
    outside = trust.folder / "outside"
    outside.mkdir()
    trust.bundle = outside / "roots.pem"
    outside.chmod(0o777)
    trust.write(trust.second)
    trust.live()
    assert trust.trusted == trust.own
    assert "can be written by others" in str(trust.problem())
    outside.chmod(0o755)
    trust.look()
    assert (trust.trusted, trust.problem()) == (trust.own + trust.second, None)


def test_the_last_good_version_outlives_the_plane(trust: Trust) -> None:
    """A restart beside a broken or vanished file changes nothing; status says how old it is."""
    trust.write(trust.second)
    trust.settle()
    for text in (b"broken", None):
        if text is None:
            trust.bundle.unlink()
        else:
            trust.bundle.write_bytes(text)
        trust.now = (trust.folder / "ca" / "roots.last-good.pem").stat().st_mtime + 100
        assert trust.live() == {tables.ROOTS.key(KEY): trust.own + trust.second}
        assert trust.problem() is not None
        assert trust.is_stale()
        assert trust.observations.status()["plane/authority"].age_s == 100


def test_a_new_authority_forgets_what_the_former_trusted(trust: Trust) -> None:
    """Its folder is removed, and the versions kept there with it."""
    trust.write(trust.second)
    trust.settle()
    trust.bundle.unlink()
    shutil.rmtree(trust.folder / "ca")
    trust.authority = Authority.open(trust.folder / "ca")
    trust.live()
    assert (trust.trusted, trust.problem()) == (trust.authority.roots_pem.encode(), None)


def test_the_first_good_one_of_several_counts(tmp_path: Path) -> None:
    """As for the public web: missing and broken ones are passed by while another is good."""
    paths = [tmp_path / name for name in ("absent.pem", "empty.pem", "good.pem")]
    paths[1].write_bytes(b"")
    paths[2].write_bytes(PEM)
    file = BundleFile(lambda: paths, public_bundle, tmp_path / "kept.pem")
    assert file.look().bundle == PEM
    paths[2].unlink()
    file.look()
    seen = file.look()
    assert seen.bundle == PEM
    assert seen.problem is not None


async def test_who_waits_hears_of_changes_and_of_problems(trust: Trust) -> None:
    """And of nothing else: looking at what did not change is quiet."""
    told: list[Observed] = []
    trust.write(trust.second)
    with pytest.raises(asyncio.CancelledError):
        await follow([trust.source], Steps(5), told.append)
    assert told == [{tables.ROOTS.key(KEY): trust.own + trust.second}]
    trust.write(b"")
    with pytest.raises(asyncio.CancelledError):
        await follow([trust.source], Steps(5), told.append)
    assert told[1:] == [{}]
