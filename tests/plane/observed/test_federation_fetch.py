"""Bundles that are fetched: each domain for itself, last good kept, and told when it cannot be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.federation.bundle import spiffe_bundle
from gossamer.plane.observed.federation import FederationFolder, FederationSource
from gossamer.plane.observed.federation_fetch import SHORTEST, BundleFetcher
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.token_keys.fetch import FetchFailed

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
URL = "https://other.example/bundle"


class World:
    """The folder of a plane, and domains that answer what a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "federation"
        self.folder.mkdir(mode=0o700)
        self.roots = Authority.open(folder / "other").roots_pem
        self.next = Authority.open(folder / "next").roots_pem
        self.answers: dict[str, bytes] = {URL: spiffe_bundle(self.roots, 1)}
        self.asked: list[str] = []
        self.live(folder)

    def live(self, folder: Path) -> None:
        """A new life of the plane."""
        self.fetcher = BundleFetcher(self.folder, self.ask)
        files = FederationFolder(self.folder, lambda: ("cluster.local",))
        self.observations = Observations(folder / "observations", lambda: 0.0)
        problems = self.fetcher.problems
        self.source = FederationSource(files, self.observations, unfetched=problems.values)

    async def ask(self, url: str, patience: timedelta) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise FetchFailed("it cannot be reached")
        return self.answers[url]

    def write(self, text: str, domain: str = "other.example") -> Path:
        path = self.folder / f"{domain}.url"
        path.write_text(text)
        return path

    async def domains(self, at: datetime) -> dict[str, str]:
        """The roots of each domain after a fetch at that time."""
        await self.fetcher.fetch(at)
        for _ in range(2):
            self.source.take(self.source.files.look())
        latest = self.observations.sources.latest["plane/federation"].facts.get("*", ())
        return {each.name: each.roots.decode() for each in latest}

    def problem(self) -> str:
        return " ".join(each.message for each in self.observations.findings())


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder of this test's own."""
    return World(tmp_path)


async def test_a_bundle_is_fetched_as_often_as_it_says(world: World) -> None:
    """And taken when it is another one."""
    world.write(URL)
    assert await world.domains(NOON) == {"other.example": world.roots}
    world.answers[URL] = spiffe_bundle(world.next, 2)
    assert await world.domains(NOON + timedelta(seconds=299)) == {"other.example": world.roots}
    assert len(world.asked) == 1
    assert await world.domains(NOON + timedelta(seconds=300)) == {"other.example": world.next}


async def test_one_that_does_not_answer_keeps_its_last_good_roots(
    world: World, tmp_path: Path
) -> None:
    """Over a restart too; it is asked again a minute later, and a finding says why."""
    world.write(URL)
    await world.domains(NOON)
    world.answers.clear()
    later = NOON + timedelta(minutes=5)
    assert await world.domains(later) == {"other.example": world.roots}
    assert "cannot be reached" in world.problem()
    world.live(tmp_path)
    assert await world.domains(later) == {"other.example": world.roots}
    world.answers[URL] = spiffe_bundle(world.next, 2)
    assert await world.domains(later + SHORTEST) == {"other.example": world.next}
    assert world.problem() == ""


async def test_one_fails_alone(world: World) -> None:
    """What another domain answers is no matter of its own."""
    world.write(URL)
    world.write("https://gone.example/bundle", "gone.example")
    world.answers["https://broken.example/"] = b"{}"
    world.write("https://broken.example/", "broken.example")
    assert await world.domains(NOON) == {"other.example": world.roots}
    assert sorted(world.fetcher.problems) == ["broken.example", "gone.example"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://other.example/bundle",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@other.example/",
        "https://other.example/ x",
        "https://other.example:99999/",
        f"{URL}\nhttps://second.example/",
        "https://other.example/" + "a" * 3000,
    ],
)
async def test_what_is_not_one_https_url_is_never_asked(world: World, text: str) -> None:
    """Plain HTTP would let anybody on the way say who is believed."""
    world.write(text)
    assert await world.domains(NOON) == {}
    assert world.asked == []
    assert world.problem()


async def test_the_end_of_the_file_is_the_end_of_the_federation(
    world: World, tmp_path: Path
) -> None:
    """Nothing that was fetched stays, nor the complaint."""
    path = world.write(URL)
    await world.domains(NOON)
    path.unlink()
    assert await world.domains(NOON) == {}
    world.live(tmp_path)
    assert await world.domains(NOON) == {}
    assert list((world.folder / "last-good").iterdir()) == []


async def test_it_goes_on_for_ever(world: World) -> None:
    """Each look is a chance to fetch what is due by then."""
    world.write(URL)
    clock = Minutes(7)
    with pytest.raises(asyncio.CancelledError):
        await world.fetcher.run(clock)
    assert len(world.asked) == 2


class Minutes:
    """A clock by which a minute passes with each wait, so many times."""

    def __init__(self, count: int) -> None:
        self.left, self.date = count, NOON

    def now(self) -> datetime:
        return self.date

    async def wait(self, seconds: float) -> None:
        if self.left == 0:
            raise asyncio.CancelledError
        self.left, self.date = self.left - 1, self.date + timedelta(minutes=1)
