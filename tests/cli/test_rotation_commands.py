"""`gossamer identity rotate|status`: what they ask of the plane, and what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gossamer.cli.error import CliError
from gossamer.cli.main import cli
from gossamer.identity.authority import Authority
from tests.cli.canned_lab import CannedLab, canned_lab

ROOT = {
    "fingerprint": "ab" * 32,
    "subject": "CN=Gossamer root,O=cluster.local",
    "generation": 0,
    "is_root": True,
    "signs": True,
    "begins": "2026-01-01T00:00:00Z",
    "ends": "2036-01-01T00:00:00Z",
    "days_left": 3600,
}
REST: dict[str, Any] = {
    "trust_domain": "cluster.local",
    "phase": "done",
    "generation": 0,
    "began": None,
    "since": None,
    "certificates": [ROOT],
    "waiting": [],
    "waits_until": None,
    "left_behind": [],
    "next_renewal": "2026-01-01T12:00:00Z",
    "warnings": [],
}
UNDER_WAY = {
    **REST,
    "phase": "distributing",
    "since": "2026-01-01T00:00:00Z",
    "waiting": [{"who": "Pod shop/web-1", "why": "its proxy is not connected"}],
    "waits_until": "2026-01-08T00:00:00Z",
}


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedLab]:
    """A lab whose root nobody exchanges."""
    paths = {"/v1/identity": REST, "/v1/identity/rotation": UNDER_WAY}
    with canned_lab({}, paths) as running:
        monkeypatch.setenv("GOSSAMER_HOME", str(running.folder.root.parent.parent))
        yield running


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ("identity", *words), catch_exceptions=False)


def test_status_shows_roots_and_the_next_renewal(lab: CannedLab) -> None:
    """And says that nothing is under way."""
    shown = run("status").output
    assert "abababababababab" in shown
    assert "no rotation is under way" in shown
    assert "renewed at 2026-01-01T12:00:00Z" in shown
    assert json.loads(run("status", "-o", "json").output) == REST


def test_status_says_whom_a_rotation_waits_for(lab: CannedLab) -> None:
    """By name, with the reason, until when, and how to go on."""
    lab.paths["/v1/identity"] = {**UNDER_WAY, "left_behind": ["host west"]}
    shown = run("status").output
    assert "rotation: distributing" in shown
    assert "waiting for Pod shop/web-1: its proxy is not connected" in shown
    assert "2026-01-08T00:00:00Z" in shown
    assert "not waited for: host west" in shown


def test_a_warning_is_told_with_its_remedy(lab: CannedLab) -> None:
    """Where people look for it."""
    warning = {"severity": "warning", "message": "the root ends", "remedy": "Exchange it"}
    lab.paths["/v1/identity"] = {**REST, "warnings": [warning]}
    assert "warning: the root ends; Exchange it" in run("status").output


def test_a_rotation_is_begun(lab: CannedLab) -> None:
    """It returns at once, and says whom the first phase waits for."""
    assert "waiting for Pod shop/web-1" in run("rotate").output
    assert lab.asked == [("/v1/identity/rotation", {"source": "", "force": False})]


def test_waiting_tells_each_change_once(lab: CannedLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """And ends with the rotation."""
    looks = iter([UNDER_WAY, UNDER_WAY, {**REST, "since": "2026-01-01T00:01:00Z"}])

    def pause(_: float) -> None:
        lab.paths["/v1/identity"] = next(looks)

    monkeypatch.setattr("gossamer.cli.commands.identity.rotate.time.sleep", pause)
    shown = run("rotate", "--wait").output
    assert shown.count("rotation: distributing") == 1
    assert "the last one ended at 2026-01-01T00:01:00Z" in shown


def test_force_names_who_is_left_behind(lab: CannedLab) -> None:
    """Before it does so."""
    lab.paths["/v1/identity"] = UNDER_WAY
    shown = run("rotate", "--force").output
    assert "left behind: Pod shop/web-1 (its proxy is not connected)" in shown
    assert lab.asked[-1] == ("/v1/identity/rotation", {"source": "", "force": True})


def test_nothing_to_force_is_told(lab: CannedLab) -> None:
    """Nobody takes it for done."""
    with pytest.raises(CliError, match="waits for nobody"):
        run("rotate", "--force")


def test_the_bundle_is_printed_without_the_plane(lab: CannedLab) -> None:
    """For other trust domains, in the SPIFFE format or as certificates; it holds no secret."""
    root = Authority.open(lab.folder.plane / "ca").roots_pem
    bundle = json.loads(run("bundle").output)
    assert (len(bundle["keys"]), bundle["spiffe_sequence"]) == (1, 0)
    assert run("bundle", "-o", "pem").output == root
    assert lab.asked == []


def test_a_lab_without_an_authority_is_told(lab: CannedLab) -> None:
    """Empty output would be taken for a bundle that proves nobody."""
    with pytest.raises(CliError, match="nothing is printed"):
        run("bundle")
