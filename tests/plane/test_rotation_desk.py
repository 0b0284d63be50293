"""What the plane tells agents and operators of its authority, over a whole small plane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.certificate import root_certificate
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.issuers.standing import alone
from gossamer.identity.keys import load_key, new_key
from gossamer.identity.revocation.bans import Ban, Bans
from gossamer.identity.rotation.plan import Rotation
from gossamer.identity.shapes import TrustNow, TrustReport
from gossamer.identity.trust_bundle import digest_of
from gossamer.model.finding import Severity
from gossamer.model.workload.pod import Pod
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.identity import RotateBody
from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.rotation.desk import RotationDesk, Witnesses
from gossamer.plane.rotation.status import ending_soon
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.xds.stream.session import Peer, StreamRefused
from tests.plane.resting_rotation import rotation_desk

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
EAST = Peer("unix:", "spiffe://cluster.local/gossamer/agent/east")


@pytest.fixture
def desk(tmp_path: Path) -> RotationDesk:
    """The desk of a mesh without pods."""
    observations = Observations(tmp_path / "observations", lambda: 0.0)
    return rotation_desk(tmp_path / "ca", observations, ConnectedProxies(Pipeline()))


def test_status_names_the_root_that_signs(desk: RotationDesk) -> None:
    """Ten years of it are left, and no rotation is under way."""
    status = desk.status()
    (root,) = status.certificates
    assert (root.signs, root.is_root, root.generation) == (True, True, 0)
    assert (status.phase, status.waiting, status.began) == ("done", [], None)


def test_alerts_have_numbers(desk: RotationDesk) -> None:
    """Days until the authority ends, and whether it is being exchanged."""
    numbers = desk.metrics()
    assert numbers["gossamer_plane_authority_days_left"] > 60
    assert numbers["gossamer_plane_rotation_under_way"] == 0
    desk.rotate(RotateBody())
    assert desk.metrics()["gossamer_plane_rotation_under_way"] == 1


def test_one_rotation_at_a_time(desk: RotationDesk) -> None:
    """The second one is a conflict, in words."""
    assert desk.rotate(RotateBody()).phase == "prepare"
    with pytest.raises(RequestRefused, match="under way") as refused:
        desk.rotate(RotateBody())
    assert refused.value.status == 409


def test_a_folder_without_an_issuer_begins_nothing(desk: RotationDesk, tmp_path: Path) -> None:
    """The mesh stays as it is."""
    with pytest.raises(RequestRefused, match="No rotation was begun"):
        desk.rotate(RotateBody(source=str(tmp_path / "nowhere")))
    assert desk.status().phase == "done"


async def test_an_agent_is_told_the_authoritys_own_roots(tmp_path: Path) -> None:
    """And who signs. Whoever else asks is refused."""
    authority = Authority.open(tmp_path / "ca")
    observations = Observations(tmp_path / "observations", lambda: 0.0)
    witnesses = Witnesses(authority, observations, ConnectedProxies(Pipeline()), lambda: 0.0)
    request = msgspec.json.encode(TrustReport("east"))
    answer = msgspec.json.decode(await witnesses.trust(request, EAST, {}), type=TrustNow)
    assert (answer.roots, answer.issuer) == (authority.roots_pem, authority.issuer.root_pem)
    (waiting,) = witnesses.waiting(Rotation(), NOON)
    assert waiting.who == "host east"
    well = TrustReport("east", digest_of(answer.roots), digest_of(answer.issuer), own=True)
    await witnesses.trust(msgspec.json.encode(well), EAST, {})
    assert witnesses.waiting(Rotation(), NOON) == ()
    with pytest.raises(StreamRefused, match="only that host's agent"):
        await witnesses.trust(msgspec.json.encode(TrustReport("west")), EAST, {})


def banning(*subjects: str) -> Any:
    """Who is banned, as the plane asks."""
    bans = Bans(tuple(Ban(subject, "2031-01-01T00:00:00Z", "") for subject in subjects))
    return bans.refusing


@pytest.mark.parametrize(
    ("subject", "may"),
    [
        ("shop/cart-2", True),
        ("shop/cart-1", False),
        ("spiffe://cluster.local/ns/shop/sa/default", False),
        ("spiffe://cluster.local/gossamer/agent/east", False),
    ],
)
def test_the_banned_are_not_waited_for(subject: str, may: bool) -> None:
    """No stream of theirs is let in, so they could hold a rotation up as long as they like."""
    pod = Pod("shop", "cart-1", "cart", (), host="east")
    proxies = ConnectedProxies(Pipeline(), banned=banning(subject))
    assert proxies.may_follow(pod) is may


def test_who_cannot_have_an_identity_is_not_waited_for() -> None:
    """Nothing is ever signed for it."""
    assert not ConnectedProxies(Pipeline()).may_follow(
        Pod("shop", "cart-1", "cart", (), service_account="a/b")
    )


@pytest.mark.parametrize(
    ("days", "severity"),
    [(3650, None), (61, None), (59, Severity.WARNING), (29, Severity.WARNING), (6, Severity.ERROR)],
)
def test_an_end_is_told_in_time(days: int, severity: Severity | None) -> None:
    """Sixty days before, and as an error in the last week."""
    key = load_key(new_key())
    root = root_certificate(key, "cluster.local", NOON, timedelta(days=days))
    findings = ending_soon(alone(Issuer(key, root)), NOON)
    assert [each.severity for each in findings] == ([severity] if severity else [])
    assert all(f"in {days} days" in each.message for each in findings)
    assert all("identity rotate" in each.remedy for each in findings)
