"""The older of two objects holds what both claim, whichever was read first."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.ids import Table
from gossamer.model.mesh import Mesh

HOST = "shop.default.svc.cluster.local"
KINDS: dict[str, tuple[Table[Any], str, str]] = {
    "VirtualService": (
        tables.ROUTES,
        "networking.istio.io/v1",
        "hosts: [shop]\n  http: [{route: [{destination: {host: shop}}]}]",
    ),
    "DestinationRule": (tables.DESTINATIONS, "networking.istio.io/v1", "host: shop"),
    "HTTPRoute": (
        tables.ROUTES,
        "gateway.networking.k8s.io/v1",
        "parentRefs: [{group: '', kind: Service, name: shop}]\n"
        "  rules: [{backendRefs: [{name: shop, port: 80}]}]",
    ),
}


def written(kind: str, name: str, when: str | None) -> bytes:
    _, version, spec = KINDS[kind]
    stamp = f", creationTimestamp: {when}" if when else ""
    head = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{stamp}}}\n"
    return f"{head}spec:\n  {spec}\n".encode()


def order(kind: str, ages: dict[str, str | None]) -> list[str]:
    """The names of the objects that claim one host, strongest first."""
    table = KINDS[kind][0]
    mesh = Mesh()
    for name, when in ages.items():
        (manifest,), _ = read_text(written(kind, name, when), "a.yaml")
        contribution = read_manifest(manifest).contribution
        assert contribution is not None
        mesh, _ = assemble(mesh, {contribution.object: contribution})
    return [claim.object.name for claim in mesh.lookup(table, HOST) or ()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_older_is_the_stronger(kind: str, names: tuple[str, str]) -> None:
    """By metadata.creationTimestamp, against the order of names and of reading."""
    ages = {"a": "2026-01-02T00:00:00Z", "b": "2026-01-01T00:00:00Z"}
    assert order(kind, {name: ages[name] for name in names}) == ["b", "a"]


@pytest.mark.parametrize("kind", KINDS)
def test_of_equal_ages_the_name_decides(kind: str) -> None:
    """A batch that was created at once, in one zone or another."""
    ages = {"b": "2026-01-01T00:00:00Z", "a": "2026-01-01T01:00:00+01:00"}
    assert order(kind, dict(ages)) == ["a", "b"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_never_created_is_youngest(kind: str) -> None:
    """A file without a time is created when it is applied."""
    assert order(kind, {"a": None, "b": "2026-01-01T00:00:00Z"}) == ["b", "a"]
