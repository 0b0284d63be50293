"""A plane that ends at any step of a rotation takes it up again where its folder says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.identity.authority import Authority, BrokenAuthority
from gossamer.identity.issuers.standing import Standing
from gossamer.identity.keys import issued_by, issued_under
from gossamer.identity.plan import agent_template
from gossamer.identity.rotation.generations import Generations
from gossamer.identity.rotation.opening import open_authority
from gossamer.identity.rotation.plan import Rotation, RotationPhase, Waiting
from gossamer.identity.rotation.run import RootRotation
from tests.identity.certificates_of_others import NOW, cert_manager, made


class Killed(BaseException):
    """The process ends here, whatever it was about to do."""


class Life:
    """One life of a plane over a folder; everybody follows at once."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.generations = open_authority(folder, lambda: NOW)
        self.waiting: tuple[Waiting, ...] = ()
        self.stood: list[Standing] = []
        self.rotation = RootRotation(
            self.authority,
            self.generations,
            lambda *_: self.waiting,
            lambda: self.stood.append(self.authority.standing),
        )

    @property
    def phase(self) -> RotationPhase:
        return self.rotation.state.phase

    def go_on(self) -> None:
        """Step until the end."""
        while self.rotation.step(NOW):
            pass

    def signs(self) -> str:
        """A certificate that it signs now, which peers believe now."""
        chain = self.authority.issue(agent_template("east")).chain
        assert issued_under(chain, self.authority.roots_pem)
        return chain


def test_a_rotation_replaces_the_root(tmp_path: Path) -> None:
    """At the end the next root alone is believed, and the former key is gone."""
    life = Life(tmp_path)
    before = life.signs()
    life.rotation.begin(NOW, None)
    life.go_on()
    assert life.phase is RotationPhase.DONE
    assert not issued_under(before, life.authority.roots_pem)
    assert not (tmp_path / "root.key").exists()
    again = Life(tmp_path)
    assert again.authority.roots_pem == life.authority.roots_pem
    again.signs()


def test_three_in_a_row_each_have_a_root_of_their_own(tmp_path: Path) -> None:
    """And one key is left on disk."""
    roots = set()
    for _ in range(3):
        life = Life(tmp_path)
        roots.add(life.authority.roots_pem)
        life.rotation.begin(NOW, None)
        life.go_on()
    assert len(roots | {life.authority.roots_pem}) == 4
    assert len(list(tmp_path.rglob("*.key"))) == 1


def killed(before: Callable[..., Any], after: bool) -> Callable[..., Any]:
    """The function, at which the process ends: before its work or after it."""

    def ends(*words: Any) -> Any:
        if after:
            before(*words)
        raise Killed

    return ends


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", ["write", "issuer", "standing", "forget"])
@pytest.mark.parametrize("step", range(5))
def test_killed_at_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, place: str, after: bool
) -> None:
    """Before and after each thing that a step does: the next life goes on to the end, and at no
    moment is something signed that is not believed."""
    life = Life(tmp_path)
    first = life.authority.roots_pem
    life.rotation.begin(NOW, None)
    for _ in range(step):
        life.rotation.step(NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Generations, place, killed(getattr(Generations, place), after))
        try:
            life.rotation.step(NOW)
        except Killed:
            life.signs()
    again = Life(tmp_path)
    again.signs()
    assert again.authority.signed(again.authority.issue_server().chain)
    again.go_on()
    assert again.phase is RotationPhase.DONE
    assert again.authority.roots_pem != first
    assert again.authority.roots_pem.count("BEGIN CERTIFICATE") == 1
    assert len(list(tmp_path.rglob("*.key"))) == 1


def test_killed_while_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either nothing was begun, or it goes on."""
    life = Life(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Generations, "write", killed(Generations.write, after=True))
        with pytest.raises(Killed):
            life.rotation.begin(NOW, None)
    again = Life(tmp_path)
    assert again.phase is RotationPhase.PREPARE
    again.go_on()
    assert (again.phase, again.rotation.state.generation) == (RotationPhase.DONE, 1)


def test_the_plane_is_known_by_the_former_root_until_that_is_retired(tmp_path: Path) -> None:
    """An agent that slept through the distribution still finds its plane, and learns there."""
    life = Life(tmp_path)
    former = life.authority.roots_pem
    life.rotation.begin(NOW, None)
    servers = []
    while life.rotation.step(NOW):
        servers.append((life.phase, issued_under(life.authority.issue_server().chain, former)))
    assert servers == [
        (RotationPhase.DISTRIBUTING, True),
        (RotationPhase.ACTIVATED, True),
        (RotationPhase.RETIRING, False),
        (RotationPhase.DONE, False),
    ]


def test_the_operator_ends_a_phase_for_the_absent(tmp_path: Path) -> None:
    """Who is left behind is known, and told to the end."""
    life = Life(tmp_path)
    life.rotation.begin(NOW, None)
    life.rotation.step(NOW)
    life.waiting = (Waiting("host east", "its agent is away"),)
    assert not life.rotation.step(NOW)
    assert life.rotation.force(NOW) == life.waiting
    assert (life.phase, life.rotation.state.left_behind) == (
        RotationPhase.ACTIVATED,
        ("host east",),
    )
    assert Life(tmp_path).rotation.state == life.rotation.state


def test_the_first_signed_after_activation_is_of_the_next_issuer(tmp_path: Path) -> None:
    """And the certificate of the issuer says so, which agents compare."""
    life = Life(tmp_path)
    before = life.signs()
    life.rotation.begin(NOW, None)
    life.rotation.step(NOW)
    assert issued_by(life.signs(), life.stood[-1].signer.root_pem)
    assert issued_by(before, life.authority.issuer.root_pem)
    life.rotation.step(NOW)
    assert not issued_by(before, life.authority.issuer.root_pem)
    assert issued_by(life.signs(), life.authority.issuer.root_pem)


def test_a_rotation_to_an_authority_of_others(tmp_path: Path) -> None:
    """An intermediate under a root that is offline takes over, and what it signs leads there."""
    root = made("their root")
    source = cert_manager(tmp_path / "theirs", made("issuing", root), root)
    life = Life(tmp_path / "ca")
    life.rotation.begin(NOW, source)
    life.go_on()
    assert life.authority.roots_pem == root.pem
    again = Life(tmp_path / "ca")
    assert again.signs().count("BEGIN CERTIFICATE") == 2


def test_a_folder_that_holds_no_authority_begins_nothing(tmp_path: Path) -> None:
    """Nothing is on disk of it, and the next rotation is not disturbed."""
    life = Life(tmp_path / "ca")
    with pytest.raises(BrokenAuthority):
        life.rotation.begin(NOW, tmp_path / "nowhere")
    assert Life(tmp_path / "ca").phase is RotationPhase.DONE
    life.rotation.begin(NOW, None)
    life.go_on()
    assert (life.phase, life.rotation.state.generation) == (RotationPhase.DONE, 1)


@pytest.mark.parametrize("text", ["", "{", '{"phase": "sleeping"}', '{"schema": 99}'])
def test_a_torn_record_is_never_guessed_at(tmp_path: Path, text: str) -> None:
    """A plane that guessed could sign under a root that nobody believes."""
    Authority.open(tmp_path)
    (tmp_path / "rotation.json").write_text(text)
    with pytest.raises(BrokenAuthority, match=r"rotation\.json"):
        open_authority(tmp_path)


def test_rest_is_an_authority_that_was_never_rotated(tmp_path: Path) -> None:
    """A folder of before there were rotations is taken as it is."""
    root = Authority.open(tmp_path).roots_pem
    authority, generations = open_authority(tmp_path)
    assert (authority.roots_pem, generations.read()) == (root, Rotation())
