"""What is twice as large takes twice as many steps, not four times: in checks and in the plane.

Steps are counted lines of our own, so nothing here depends on how fast a machine is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import FilesRead, read_all
from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.closure import all_bodies
from gossamer.compile.engine.foresight import foresee
from gossamer.manifests.read import read_text
from gossamer.store.paths import File
from tests.security.wide_meshes import MESHES, Wide

FEW, MANY = 80, 160
GROWTH = 2.6
"""Twice as much, and what is fixed or sorted beside it; four would be quadratic."""


def steps(act: Callable[[], Any]) -> int:
    """The lines of Python that a call runs through."""
    count = 0

    def line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    sys.settrace(line)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


def compiled(found: FilesRead) -> Callable[[], object]:
    """Compiling all that the pods of the mesh could ask for: a caller, and a gateway."""
    mesh, pods = offline_mesh(found)
    chosen = {pod.workload: pod for pod in pods.values() if pod.workload in ("a", "ingress")}

    def act() -> None:
        for pod in chosen.values():
            all_bodies(mesh, pod)

    return act


def checked(found: FilesRead) -> Callable[[], object]:
    mesh, _ = offline_mesh(found)
    return lambda: check_all(mesh, mesh.contributions.values())


def foreseen(found: FilesRead) -> Callable[[], object]:
    mesh, pods = offline_mesh(found)
    return lambda: foresee(mesh, pods.values())


@pytest.mark.parametrize("marker", ["---\n", "...\n", "--- # c\n", "---\n#\n", "---\r\n"])
def test_empty_documents_are_bounded(marker: str) -> None:
    """Megabytes of nothing but markers are refused after a look at the first of them."""
    text = marker * 1_000_000

    def refused() -> None:
        manifests, (finding,) = read_text(text, "a.yaml")
        assert (manifests, finding.code) == ((), "too-large")

    assert steps(refused) < 50_000


def test_a_document_between_many_markers_is_read() -> None:
    """What people write, some empty documents among theirs, is no attack."""
    text = "---\n" * 30_000 + "kind: A\napiVersion: v1\nmetadata: {name: a}\n"
    (found,), _ = read_text(text, "a.yaml")
    assert found.source.line() == 30_001


LAUGHS = "".join(f"b{i + 1}: &b{i + 1} [{', '.join([f'*b{i}'] * 8)}]\n" for i in range(9))
BOMBS = {
    "lists in lists": "[" * 1_000_000,
    "mappings in mappings": "{a: " * 500_000,
    "JSON in JSON": '{"a":' * 400_000,
    "aliases of aliases": f"b0: &b0 [x, x, x, x, x, x, x, x]\n{LAUGHS}",
    "many keys": "".join(f"k{i}: 1\n" for i in range(300_000)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_before_it_grows(text: str) -> None:
    """Depth, aliases and numbers of values are counted while they are read."""
    manifests, (finding,) = read_text(text, "a.yaml")
    assert (manifests, finding.code) == ((), "too-large")


@pytest.mark.parametrize("room", [checked, compiled, foreseen])
@pytest.mark.parametrize("wide", MESHES.values(), ids=MESHES.keys())
def test_cost_grows_with_the_manifests(
    wide: Wide, room: Callable[[FilesRead], Callable[[], None]]
) -> None:
    """However wide a mesh is, and in whichever way."""
    few, many = (read_all([File("mesh.yaml", wide.of(n).encode())]) for n in (FEW, MANY))
    base = steps(room(few))
    assert steps(room(many)) < GROWTH * max(base, 2_000)
