"""What a change touches is found by what compiling read: all of it, and little else."""

from __future__ import annotations

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.model.assembly.change import Change
from tests.compile.routes.random_mesh import RandomMesh, built, compiled, entries, random_mesh

CHANGES = 10


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_out_different_had_read_what_changed(seed: int) -> None:
    """Under an equal view, a resource that a full recompile makes otherwise is never missed."""
    small_mesh = random_mesh(seed)
    for _ in range(CHANGES):
        before = compiled(small_mesh.mesh, entries(small_mesh.mesh, small_mesh.pods))
        holdings = _holdings(small_mesh)
        change = small_mesh.change()
        after = compiled(small_mesh.mesh, before)
        for entry, old in before.items():
            new = after[entry]
            if (old.body, old.needs, old.because) != (new.body, new.needs, new.because):
                assert old.reads & change, f"{entry} came out different, and read nothing of it"
        _check_holdings(small_mesh, holdings, change)


@pytest.mark.parametrize("seed", range(3))
def test_a_mesh_changed_step_by_step_is_the_mesh_made_at_once(seed: int) -> None:
    """However a mesh came to be, what it says is the same."""
    small_mesh = random_mesh(seed)
    for _ in range(CHANGES):
        small_mesh.change()
    assert dict(small_mesh.mesh.facts) == dict(built(small_mesh.texts, small_mesh.pods).facts)


def test_a_change_recompiles_only_what_read_it() -> None:
    """A service's own route and destination concern the resources of that service alone."""
    small_mesh = random_mesh(0)
    before = compiled(small_mesh.mesh, entries(small_mesh.mesh, small_mesh.pods))
    for table, host in (("route", "s7.shop"), ("destination", "s7.shop"), ("endpoint", "s7.shop")):
        key = next(k for k in _cells(before) if k.table == table and k.name.startswith(host))
        touched = {entry for entry, proto in before.items() if key in proto.reads}
        wide = {name for kind, _, name in touched if "s7" not in name}
        assert touched
        assert wide <= {"eager|80", "outbound", *_routed_to(small_mesh, "s7")}


def _cells(entries: dict) -> set:  # type: ignore[type-arg]
    return {key for each in entries.values() for key in each.reads}


def _routed_to(small_mesh: RandomMesh, name: str) -> set[str]:
    """The hosts whose routes send requests to that service, and the gateways'."""
    hosts = {key.partition("-")[2] for key, text in small_mesh.texts.items() if f"{name}." in text}
    return {"gateway|80"} | {
        entry[2]
        for entry in entries(small_mesh.mesh, small_mesh.pods)
        for at in hosts
        if f"s{at}" in entry[2]
    }


def _holdings(small_mesh: RandomMesh) -> dict:  # type: ignore[type-arg]
    return {
        (key, kind): wildcard_names(small_mesh.mesh, pod, kind)
        for key, pod in small_mesh.pods.items()
        for kind in ResourceType
        if key.endswith(("0-0", "edge", "front", "2-1"))
    }


def _check_holdings(small_mesh: RandomMesh, before: dict, change: Change) -> None:  # type: ignore[type-arg]
    """What a proxy holds unasked follows its reads as well."""
    for (key, kind), old in before.items():
        pod = small_mesh.pods.get(key)
        if pod is not None and wildcard_names(small_mesh.mesh, pod, kind).names != old.names:
            moved = any(fact.name == key for fact in change)
            assert moved or old.reads & change, f"{key} holds other {kind.name}, unnoticed"
