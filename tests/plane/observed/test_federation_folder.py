"""Files of federated domains: taken, kept when broken, ended when gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.federation.bundle import spiffe_bundle
from gossamer.model import tables
from gossamer.model.observed import Observed
from gossamer.model.workload.federated_domain import FederatedDomain
from gossamer.plane.observed.federation import (
    FederationFolder,
    FederationSource,
    follow_federation,
)
from gossamer.plane.observed.observations import Observations
from tests.plane.observed.steps_clock import Steps

KEY = tables.FEDERATION.key("*")


class Files:
    """The folder of a plane, and two roots to put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "federation"
        self.folder.mkdir(mode=0o700)
        self.roots = Authority.open(folder / "other").roots_pem
        self.next = Authority.open(folder / "next").roots_pem
        self.observations = Observations(folder / "observations", lambda: 0.0)
        self.live()

    def live(self) -> None:
        """A new life of the plane."""
        own = ("cluster.local", "old.example")
        files = FederationFolder(self.folder, lambda: own)
        self.source = FederationSource(files, self.observations)

    def look(self) -> Observed:
        """What changed by a look, and by one more, for what moved to rest."""
        first = self.source.take(self.source.files.look())
        return {**first, **self.source.take(self.source.files.look())}

    def problem(self) -> str:
        """What there is to say of the files."""
        return " ".join(each.message for each in self.observations.findings())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A folder of this test's own."""
    return Files(tmp_path)


def domain(roots: str, name: str = "other.example") -> tuple[FederatedDomain, ...]:
    return (FederatedDomain(name, roots.encode()),)


def test_a_file_begins_a_federation_and_its_end_ends_it(files: Files) -> None:
    """In both formats; a domain that is gone is let in no more."""
    assert files.look() == {}
    path = files.folder / "other.example.json"
    path.write_bytes(spiffe_bundle(files.roots, 1))
    assert files.look() == {KEY: domain(files.roots)}
    path.write_bytes(spiffe_bundle(files.next, 2))
    assert files.look() == {KEY: domain(files.next)}
    path.unlink()
    assert files.look() == {KEY: None}
    (files.folder / "other.example.pem").write_text(files.roots)
    assert files.look() == {KEY: domain(files.roots)}


def test_a_file_that_is_gone_for_a_moment_ends_nothing(files: Files) -> None:
    """As when links are swapped."""
    path = files.folder / "other.example.pem"
    path.write_text(files.roots)
    files.look()
    path.unlink()
    assert files.source.take(files.source.files.look()) == {}
    path.write_text(files.roots)
    assert files.look() == {}


def test_a_broken_file_leaves_the_last_good_roots(files: Files) -> None:
    """Over a restart as well, and a finding says so until it is good again."""
    path = files.folder / "other.example.json"
    path.write_bytes(spiffe_bundle(files.roots, 1))
    files.look()
    path.write_text("{")
    files.look()
    assert files.look() == {}
    assert "not a SPIFFE bundle" in files.problem()
    files.observations = Observations(files.folder / "none", lambda: 0.0)
    files.live()
    assert files.look() == {KEY: domain(files.roots)}
    path.write_bytes(spiffe_bundle(files.next, 2))
    files.look()
    assert files.problem() == ""


@pytest.mark.parametrize("name", ["cluster.local", "old.example", "Other.example"])
def test_nobody_says_who_this_mesh_is(files: Files, name: str) -> None:
    """A file of that name is told, and let nobody in."""
    (files.folder / f"{name}.pem").write_text(files.roots)
    assert files.look() == {}
    assert "trust domain" in files.problem()


def test_other_files_are_nobodys(files: Files) -> None:
    """Notes, drafts and hidden files."""
    for name in ("README.md", ".other.example.pem", "other.example.pem~"):
        (files.folder / name).write_text(files.roots)
    assert files.look() == {}


def test_no_folder_is_no_federation(tmp_path: Path) -> None:
    """Nor is one made for it."""
    observations = Observations(tmp_path / "observations", lambda: 0.0)
    source = FederationSource(FederationFolder(tmp_path / "none", tuple), observations)
    assert source.take(source.files.look()) == {}
    assert not (tmp_path / "none").exists()


async def test_who_waits_hears_of_changes_and_problems(files: Files) -> None:
    """And of nothing else."""
    (files.folder / "other.example.pem").write_text(files.roots)
    heard: list[Observed] = []
    with pytest.raises(asyncio.CancelledError):
        await follow_federation(files.source, Steps(3), heard.append)
    assert heard == [{KEY: domain(files.roots)}]
    (files.folder / "other.example.pem").write_text("")
    with pytest.raises(asyncio.CancelledError):
        await follow_federation(files.source, Steps(3), heard.append)
    assert heard[1:] == [{}]
