"""Hosts that callers invent are kept while their proxy is there, and not for all time."""

from __future__ import annotations

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.plane.resources import view_cache
from gossamer.xds.stream.batch import BATCH_AT_LEAST
from tests.plane.piped_mesh import Mesh, Told, service

KEPT = 3


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    monkeypatch.setattr(view_cache, "LEFT_AT_MOST", KEPT)
    return Mesh()


def ask(mesh: Mesh, *hosts: str) -> None:
    for host in hosts:
        assert mesh.subscription.get(ResourceType.VIRTUAL_HOST, f"80/{host}") is not None


def return_of(mesh: Mesh) -> None:
    """The proxy goes and comes back, as with a restart of its pod."""
    mesh.subscription.close()
    mesh.subscription = mesh.pipeline.stand("default/client", mesh.told)


def test_lives_of_a_proxy_do_not_add_up(mesh: Mesh) -> None:
    """Each life invents hosts of its own; the plane keeps the last few of them, however many."""
    for life in range(5):
        ask(mesh, *(f"made-up-{life}-{number}" for number in range(20)))
        return_of(mesh)
    assert mesh.pipeline.catalog.size() == KEPT


def test_hosts_asked_for_at_once_do_not_add_up(mesh: Mesh) -> None:
    """Many names in a first request are left like others."""
    for life in range(3):
        names = tuple(f"80/made-up-{life}-{number}" for number in range(BATCH_AT_LEAST))
        together = mesh.subscription.batch(ResourceType.VIRTUAL_HOST, names)
        assert together is not None
        ask(mesh, *(name.removeprefix("80/") for name in together[1]))
        return_of(mesh)
    assert mesh.pipeline.catalog.size() == KEPT


def test_who_comes_back_finds_what_it_asked_for_last(mesh: Mesh) -> None:
    """A proxy that reconnects gets the very same bytes, not a second compilation."""
    ask(mesh, *(f"made-up-{number}" for number in range(20)), "reviews")
    before = mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews")
    return_of(mesh)
    assert mesh.subscription.get(ResourceType.VIRTUAL_HOST, "80/reviews") is before


def test_hosts_of_another_proxy_stay(mesh: Mesh) -> None:
    """What a proxy with the same view wants goes on being kept true for it."""
    told = Told()
    other = mesh.pipeline.stand("default/client", told)
    for number in range(20):
        assert other.get(ResourceType.VIRTUAL_HOST, f"80/made-up-{number}") is not None
    ask(mesh, *(f"made-up-{number}" for number in range(40)))
    return_of(mesh)
    assert mesh.pipeline.catalog.size() == 20 + KEPT
    mesh.apply(service("made-up-7"))
    assert (ResourceType.VIRTUAL_HOST, "80/made-up-7") in told.taken()


def test_a_host_that_was_dropped_can_be_asked_for_again(mesh: Mesh) -> None:
    """It is compiled anew, and its changes are told as before."""
    ask(mesh, "late", *(f"made-up-{number}" for number in range(20)))
    return_of(mesh)
    return_of(mesh)
    ask(mesh, "late")
    mesh.apply(service("late"))
    assert (ResourceType.VIRTUAL_HOST, "80/late") in mesh.told.taken()
