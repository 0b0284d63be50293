"""Keys of token issuers: fetched each for itself, last good kept, told when they cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gossamer.model import tables
from gossamer.model.finding import Severity
from gossamer.model.observed import Observed
from gossamer.model.workload.key_set import read_key_set
from gossamer.plane.api.shapes import ObservationBody
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.sources import BadObservation
from gossamer.plane.observed.token_keys.fetch import FetchFailed
from gossamer.plane.observed.token_keys.follow import TokenKeys
from gossamer.plane.observed.token_keys.kept import KeptKeySets
from gossamer.plane.observed.token_keys.wanted import MOST_SOURCES
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import Document, DocumentKey
from tests.signing import Signer, key_set
from tests.waiting import until

FIRST, SECOND = (key_set(Signer(kid).jwk()) for kid in ("first", "second"))
A, B = "https://a.example/keys", "https://b.example/keys"
REFRESH = timedelta(minutes=5)


class HeldClock:
    """A clock by which the test lets time pass: each wait ends when it says so."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._going: list[asyncio.Event] = []

    def now(self) -> datetime:
        """One moment."""
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def wait(self, seconds: float) -> None:
        """Until `go_on`."""
        self.waits.append(seconds)
        self._going.append(asyncio.Event())
        await self._going[-1].wait()

    def go_on(self) -> None:
        """Every wait is over."""
        for each in self._going:
            each.set()


class Stage:
    """A pipeline, and issuers that answer what a test says; the others do not exist."""

    def __init__(self, folder: Path, answers: dict[str, str]) -> None:
        self.answers, self.asked = answers, list[str]()
        self.pipeline = Pipeline()
        self.observations = Observations(folder / "observations", lambda: 1_000_000.0)
        self.kept = KeptKeySets(folder / "jwks")
        self.clock = HeldClock()
        self.keys = TokenKeys(
            lambda: self.pipeline.mesh, self.observations, self.kept, self.ask, REFRESH
        )
        self.pipeline.listeners.add(self.keys.touched)

    async def ask(self, url: str, patience: timedelta) -> bytes:
        """What the issuer answers."""
        self.asked.append(url)
        if url not in self.answers:
            raise FetchFailed("it cannot be reached")
        return self.answers[url].encode()

    def entered(self, changed: Observed) -> None:
        """Facts enter the mesh."""
        self.pipeline.advance({}, changed)

    def apply(self, *urls: str, namespace: str = "default", timeout: str = "5s") -> None:
        """One RequestAuthentication with a rule for each URL."""
        rules = "".join(
            f"\n  - {{issuer: 'of {url}', jwksUri: '{url}', timeout: {timeout}}}" for url in urls
        )
        text = (
            "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\n"
            f"metadata: {{name: tokens, namespace: {namespace}}}\n"
            f"spec:\n  jwtRules:{rules or ' []'}\n"
        )
        key = DocumentKey("security.istio.io/RequestAuthentication", namespace, "tokens")
        self.pipeline.absorb({key: Document(key, text.encode(), "tokens.yaml", 1)})

    def known(self, url: str) -> str | None:
        """The keys of a source in the mesh."""
        return self.pipeline.mesh.lookup(tables.JWKS, url)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow until the end of the block."""
        task = asyncio.create_task(self.keys.run(self.clock, self.entered))
        try:
            yield
        finally:
            task.cancel()


def written(text: str) -> str:
    return read_key_set(text, secret=False).text


async def seen(check: Callable[[], object]) -> None:
    """Wait until a check of this process holds."""

    async def holds() -> bool:
        return bool(check())

    await until(holds)


async def test_keys_are_fetched_and_fetched_again(tmp_path: Path) -> None:
    """At once where a rule names them, then every few minutes; a rotated key comes by that."""
    stage = Stage(tmp_path, {A: FIRST})
    async with stage.running():
        stage.apply(A)
        await seen(lambda: stage.known(A))
        assert stage.known(A) == written(FIRST)
        stage.answers[A] = SECOND
        stage.clock.go_on()
        await seen(lambda: stage.known(A) == written(SECOND))
        assert stage.clock.waits[0] == REFRESH.total_seconds()
    assert stage.observations.findings() == ()


async def test_the_last_good_keys_stay(tmp_path: Path) -> None:
    """While an issuer is away, and after a restart of the plane; author and operator are told."""
    stage = Stage(tmp_path, {A: FIRST})
    async with stage.running():
        stage.apply(A)
        await seen(lambda: stage.known(A))
        del stage.answers[A]
        stage.clock.go_on()
        await seen(stage.observations.findings)
    assert stage.known(A) == written(FIRST)
    again = Stage(tmp_path, {})
    again.entered(again.keys.recall())
    assert again.known(A) == written(FIRST)
    async with again.running():
        again.apply(A)
        await seen(again.observations.findings)
        (finding,) = again.observations.findings()
    assert (finding.code, finding.severity) == ("unfetched-jwks", Severity.WARNING)
    assert "last good keys stay" in finding.effect
    status = again.observations.status()[f"jwks/{A}"]
    assert status.problem
    assert status.facts == 1


async def test_an_issuer_that_never_answered_has_no_keys(tmp_path: Path) -> None:
    """Nothing stands in for them, and it says at which line they are asked for."""
    stage = Stage(tmp_path, {})
    async with stage.running():
        stage.apply(B, A)
        await seen(lambda: len(stage.observations.findings()) == 2)
        assert (stage.known(A), stage.known(B)) == (None, None)
        finding = stage.observations.findings()[0]
        assert (finding.severity, finding.origin.line) == (Severity.ERROR, 7)
        assert "401" in finding.effect
        stage.answers[A] = FIRST
        stage.clock.go_on()
        await seen(lambda: stage.known(A))
        assert len(stage.observations.findings()) == 1
    assert stage.clock.waits[0] < 5


async def test_one_issuer_keeps_no_other_waiting(tmp_path: Path) -> None:
    """One that hangs, or answers nonsense, is its own problem."""
    stage = Stage(tmp_path, {A: FIRST, B: "nonsense"})
    hanging = asyncio.Event()
    ask = stage.ask

    async def asked(url: str, patience: timedelta) -> bytes:
        if url.startswith("https://slow"):
            await hanging.wait()
        return await ask(url, patience)

    stage.keys.ask = asked
    async with stage.running():
        stage.apply("https://slow.example/", B, A)
        await seen(lambda: stage.known(A) and stage.observations.findings())
        assert [each.message for each in stage.observations.findings()] == [
            f"the keys at {B} cannot be fetched: its answer is not a usable key set: "
            "it is not valid JSON"
        ]


async def test_a_source_that_nobody_names_is_forgotten(tmp_path: Path) -> None:
    """Its keys leave mesh and disk, and the issuer is asked no more."""
    stage = Stage(tmp_path, {A: FIRST})
    async with stage.running():
        stage.apply(A)
        await seen(lambda: stage.known(A))
        stage.apply()
        await seen(lambda: stage.known(A) is None)
        assert list(stage.kept.all()) == []
        asked = len(stage.asked)
        stage.clock.go_on()
        stage.apply(B)
        await seen(lambda: B in stage.asked)
    assert stage.asked[:asked] == stage.asked[:-1]
    assert f"jwks/{A}" not in stage.observations.status()


async def test_the_number_of_sources_is_bounded(tmp_path: Path) -> None:
    """A namespace with hundreds of issuers makes the plane ask no hundreds of hosts, and is told;
    what another one names is fetched all the same."""
    stage = Stage(tmp_path, {})
    many = [f"https://{at:04}.example/" for at in range(MOST_SOURCES + 5)]
    stage.apply(many[-1], namespace="other")
    async with stage.running():
        stage.apply(*many)
        await seen(lambda: len(stage.asked) == MOST_SOURCES + 1)
        findings = stage.observations.findings()
    assert set(stage.asked) == {*many[:MOST_SOURCES], many[-1]}
    refused = [each for each in findings if "more than 100 sources" in each.message]
    assert len(refused) == 4


async def test_no_author_makes_another_ones_issuer_fail(tmp_path: Path) -> None:
    """Of two rules that name one source the patient one decides, and both authors are told."""
    stage = Stage(tmp_path, {})
    stage.apply(A, namespace="aaa", timeout="1ms")
    stage.apply(A, timeout="7s")
    patience: list[timedelta] = []
    ask = stage.ask

    async def asked(url: str, patient: timedelta) -> bytes:
        patience.append(patient)
        return await ask(url, patient)

    stage.keys.ask = asked
    async with stage.running():
        await seen(stage.observations.findings)
        findings = stage.observations.findings()
    assert patience == [timedelta(seconds=7)]
    assert {each.origin.object.namespace for each in findings} == {"aaa", "default"}


def test_a_broken_file_is_as_good_as_none(tmp_path: Path) -> None:
    """The plane starts, and fetches."""
    stage = Stage(tmp_path, {})
    (tmp_path / "jwks").mkdir(mode=0o700)
    (tmp_path / "jwks" / "a.json").write_text("{")
    assert stage.keys.recall() == {}


def test_no_caller_takes_the_place_of_such_a_source(tmp_path: Path) -> None:
    """Pods of that name would be keys that never change."""
    stage = Stage(tmp_path, {})
    with pytest.raises(BadObservation, match="the plane's own"):
        stage.observations.replace(f"jwks/{A}", ObservationBody([]))
