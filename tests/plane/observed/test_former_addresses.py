"""A caller that is gone when its call is reported still has its name."""

from __future__ import annotations

import pytest

from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.plane.observed.former_addresses import KEPT_S, FormerAddresses
from tests.compile.reviews_mesh import a_mesh, a_pod

NOW = a_mesh()
JOB = a_pod("job-1", "job", "10.244.0.7")


def gone(former: FormerAddresses, mesh: Mesh, now: float) -> None:
    """The job's pod goes."""
    former.remember(mesh, {tables.PODS.key(JOB.key): None}, now)


def test_whoever_went_a_moment_ago_is_named() -> None:
    """For half a minute; afterwards the address is somebody else's or nobody's."""
    former = FormerAddresses()
    gone(former, a_mesh(pods=(JOB,)), 100)
    assert former.name(NOW, 101, "10.244.0.7") == "default/job-v1"
    assert former.name(NOW, 101 + KEPT_S, "10.244.0.7") == ""
    assert former.name(NOW, 101, "10.244.0.8") == ""


def test_whoever_has_an_address_now_is_named_first() -> None:
    """It was used again."""
    former, other = FormerAddresses(), a_pod("web-1", "web", "10.244.0.7")
    gone(former, a_mesh(pods=(JOB,)), 100)
    assert former.name(a_mesh(pods=(other,)), 101, "10.244.0.7") == "default/web-v1"


def test_what_was_never_there_is_nobody() -> None:
    """A pod that comes has no address of before; other facts have none at all."""
    former = FormerAddresses()
    gone(former, a_mesh(), 100)
    former.remember(a_mesh(pods=(JOB,)), {tables.ROOTS.key("*"): b""}, 100)
    assert former.name(NOW, 100, "10.244.0.7") == ""


def test_pods_that_come_and_go_cost_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten first."""
    monkeypatch.setattr("gossamer.plane.observed.former_addresses.MOST", 2)
    former = FormerAddresses()
    for number in range(4):
        pod = a_pod(f"job-{number}", "job", f"10.244.0.{number}")
        former.remember(a_mesh(pods=(pod,)), {tables.PODS.key(pod.key): None}, 100)
    names = [former.name(NOW, 100, f"10.244.0.{number}") for number in range(4)]
    assert names == ["", "", "default/job-v1", "default/job-v1"]
