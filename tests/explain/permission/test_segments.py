"""Who may call whom, for all pairs: by workloads and by namespaces."""

from __future__ import annotations

import pytest

from gossamer.explain.permission.segments import Extent, Segment, by_namespace, segments
from gossamer.explain.walk.call import BadCall
from tests.explain.permission_mesh import teams_mesh

MESH = teams_mesh()
EVERY = {(each.source, each.destination): each for each in segments(MESH)}


@pytest.mark.parametrize(
    ("source", "destination", "extent"),
    [
        ("team-a/web", "team-b/billing", Extent.SOME),
        ("team-a/plain", "team-b/billing", Extent.NONE),
        ("outside", "team-b/billing", Extent.NONE),
        ("outside", "team-b/ledger", Extent.NONE),
        ("team-a/web", "team-b/ledger", Extent.SOME),
        ("team-a/web", "team-c/echo", Extent.ALL),
        ("team-a/batch", "team-c/echo", Extent.NONE),
        ("outside", "team-c/echo", Extent.NONE),
    ],
)
def test_extents(source: str, destination: str, extent: Extent) -> None:
    """All, some or none, whatever is asked; who has no identity is a caller as well."""
    assert EVERY[source, destination].extent is extent


def test_some_says_which() -> None:
    """Ports, methods and paths of the rules that may let a call in, and of those that refuse."""
    (calls,) = EVERY["team-a/web", "team-b/billing"].calls
    assert calls.startswith("port 8080: ")
    assert "GET,HEAD /anything/*,/status/200 or POST /anything/orders" in calls
    assert "not /anything/secret*" in calls


def test_nobody_is_asked_about_calls_to_itself_or_to_no_port() -> None:
    """A pair is of two workloads, of which the second has a port."""
    assert ("team-b/billing", "team-b/billing") not in EVERY
    assert not [each for each in EVERY.values() if each.destination.startswith("team-a/")]


def test_namespaces() -> None:
    """All or none where it is so for every pair, else some with the pairs."""
    joined = {(each.source, each.destination): each for each in by_namespace(EVERY.values())}
    assert joined["team-a", "team-b"].extent is Extent.SOME
    assert any("team-a/web to team-b/open" in call for call in joined["team-a", "team-b"].calls)
    assert joined["team-a", "team-c"].calls == ("team-a/web to team-c/echo: all",)
    assert joined["outside", "team-c"].extent is Extent.NONE
    none = [Segment("a/x", "b/y", Extent.NONE), Segment("a/z", "b/y", Extent.NONE)]
    assert [each.extent for each in by_namespace(none)] == [Extent.NONE]


def test_one_namespace() -> None:
    """Pairs that have an end in it."""
    ends = [{each.source, each.destination} for each in segments(MESH, "team-a")]
    assert ends
    assert all(any(end.startswith("team-a/") for end in each) for each in ends)


def test_too_many_pairs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that would hold the plane for minutes is answered with what to ask instead."""
    monkeypatch.setattr("gossamer.explain.permission.segments.MOST_PAIRS", 10)
    with pytest.raises(BadCall, match="name a namespace with -n"):
        segments(MESH)
