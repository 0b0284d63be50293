"""Names of other tenants' objects leave the words that a tenant is told; other words stay."""

from __future__ import annotations

import pytest

from gossamer.explain.report.shapes import PlaceShape
from gossamer.plane.access.redaction import HIDDEN, Redaction
from gossamer.plane.api.shapes import FindingShape

MINE = Redaction({"team-b", "team", "b.c"}, lambda host: host.startswith("open."))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("VirtualService team-b/web takes it", f"VirtualService {HIDDEN} takes it"),
        ("(team-b/web, team-a/web)", f"({HIDDEN}, team-a/web)"),
        ("route team-b/web/0.0", f"route {HIDDEN}"),
        ("web.team-b.svc.cluster.local", HIDDEN),
        ("*.team-b.svc.cluster.local", HIDDEN),
        ("outbound|80||db-0.db.team-b.svc.cluster.local", f"outbound|80||{HIDDEN}"),
        ("open.team-b.svc.cluster.local:80", "open.team-b.svc.cluster.local:80"),
        ("team-b is a namespace", "team-b is a namespace"),
        ("my-team-b/web", "my-team-b/web"),
        ("web.my-team-b.svc.cluster.local", "web.my-team-b.svc.cluster.local"),
        ("team-bb/web", "team-bb/web"),
        ("/team-b/web", "/team-b/web"),
        ("bxc/web", "bxc/web"),
        ("", ""),
    ],
)
def test_a_hidden_name_is_replaced_where_it_stands(text: str, told: str) -> None:
    """Nothing else is: a path, a longer name, the namespace's own name."""
    assert MINE.text(text) == told


def test_a_finding_keeps_its_sense() -> None:
    """What, where and how to fix it stay; the other object's name does not."""
    finding = FindingShape(
        "warning",
        "host-conflict",
        "VirtualService team-a/x",
        "mine.yaml",
        3,
        "spec.hosts",
        "VirtualService team-b/x has this host too",
        "it is not used",
        "Choose another host",
    )
    told = MINE.shape(finding)
    assert told.message == f"VirtualService {HIDDEN} has this host too"
    assert (told.object, told.file, told.line) == ("VirtualService team-a/x", "mine.yaml", 3)


def test_a_hidden_place_has_no_file() -> None:
    """The path and line of another tenant's file are its own."""
    place = PlaceShape("VirtualService team-b/x", "/home/b/secret-plan.yaml", 7, "spec")
    assert MINE.shape(place) == PlaceShape(f"VirtualService {HIDDEN}", None, None, None)
    mine = PlaceShape("VirtualService team-a/x", "mine.yaml", 7, "spec")
    assert MINE.shape(mine) == mine


def test_who_sees_all_is_told_all() -> None:
    """Nothing is hidden from them."""
    assert Redaction((), lambda host: False).text("team-b/web") == "team-b/web"
