"""Nobody slips a root into the mesh; no file of roots keeps the plane busy, or tells a key."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.secret_names import MESH_ROOTS
from gossamer.identity.authority import Authority
from gossamer.identity.keys import new_key
from gossamer.plane.api.shapes import ObservationBody, PodSeen
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.roots import look_at_all, root_sources
from gossamer.plane.pipeline import Pipeline
from tests.plane.piped_mesh import Told
from tests.security.walled_lab import SOMEBODY

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes files of others")


class Stage:
    """A plane's roots, with a second authority that somebody wants trusted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "conf"
        self.folder.mkdir()
        self.bundle = self.folder / "roots.pem"
        self.state = folder
        self.authority = Authority.open(folder / "ca")
        self.evil = Authority.open(folder / "evil").roots_pem.encode()

    def secret(self) -> bytes:
        """What a proxy gets for the mesh's roots, by a plane that starts now."""
        observations = Observations(self.state / "observations", lambda: 0.0)
        kept = self.state / "ca"
        sources = root_sources(self.authority, observations, self.bundle, kept)[:1]
        pipeline = Pipeline()
        web = PodSeen("default", "web", "web", [])
        pods = observations.replace("lab", ObservationBody([web]))
        pipeline.advance({}, {**look_at_all(sources), **pods})
        resource = pipeline.stand("default/web", Told()).get(ResourceType.SECRET, MESH_ROOTS)
        assert resource is not None
        self.problem = observations.status()["plane/authority"].problem or ""
        return resource.frame


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def of_somebody(stage: Stage) -> None:
    os.chown(stage.bundle, SOMEBODY, SOMEBODY)


def in_a_folder_of_somebody(stage: Stage) -> None:
    os.chown(stage.folder, SOMEBODY, SOMEBODY)


def by_a_link_of_somebody(stage: Stage) -> None:
    real = stage.bundle.rename(stage.folder / "real.pem")
    stage.bundle.symlink_to(real)
    os.chown(stage.bundle, SOMEBODY, SOMEBODY, follow_symlinks=False)


def by_a_linked_folder_of_somebody(stage: Stage) -> None:
    real = stage.folder.rename(stage.state / "real")
    os.chown(real, SOMEBODY, SOMEBODY)
    stage.folder.symlink_to(real)


def open_to_all(stage: Stage) -> None:
    stage.bundle.chmod(0o606)


def in_a_folder_open_to_all(stage: Stage) -> None:
    stage.folder.chmod(0o707)


def with_the_key(stage: Stage) -> None:
    stage.bundle.write_bytes(stage.evil + new_key().encode())


def endless(stage: Stage) -> None:
    stage.bundle.unlink()
    stage.bundle.symlink_to("/dev/zero")


def a_pipe(stage: Stage) -> None:
    stage.bundle.unlink()
    os.mkfifo(stage.bundle)


def much_too_large(stage: Stage) -> None:
    with stage.bundle.open("ab") as file:
        file.truncate(1 << 40)


def test_a_file_of_ones_own_is_believed(stage: Stage) -> None:
    """Else the cases below would prove nothing."""
    stage.bundle.write_bytes(stage.evil)
    assert stage.evil in stage.secret()
    assert stage.problem == ""


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(of_somebody, marks=needs_root),
        pytest.param(in_a_folder_of_somebody, marks=needs_root),
        pytest.param(by_a_link_of_somebody, marks=needs_root),
        pytest.param(by_a_linked_folder_of_somebody, marks=needs_root),
        open_to_all,
        in_a_folder_open_to_all,
        with_the_key,
        endless,
        a_pipe,
        much_too_large,
    ],
)
@pytest.mark.timeout(20)
def test_what_others_could_have_written_is_not_believed(
    stage: Stage, spoil: Callable[[Stage], object]
) -> None:
    """The mesh trusts its own authority alone, no key goes to a proxy, and the reason is told."""
    stage.bundle.write_bytes(stage.evil)
    spoil(stage)
    frame = stage.secret()
    assert stage.authority.roots_pem.encode() in frame
    assert stage.evil not in frame
    assert b"PRIVATE KEY" not in frame
    assert stage.problem
