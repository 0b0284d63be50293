"""Which edges of traffic show what authorization refused, and by which rule."""

from __future__ import annotations

from msgspec import UNSET

from gossamer.cli.pictures.edge_table import denied_lines
from gossamer.plane.queries.denials import with_denials
from gossamer.telemetry.evidence.contact import Handshakes, Occasions
from gossamer.telemetry.evidence.evidence import What
from gossamer.telemetry.rows import DeniedRequests, EdgeRow
from tests.explain.permission_mesh import teams_mesh

RULE = "AuthorizationPolicy team-b/no-secrets rule 0"
WEB, BATCH = (f"spiffe://cluster.local/ns/team-a/sa/{name}" for name in ("web", "batch"))
MESH = teams_mesh()


def edge(source: str, mtls: bool = True) -> EdgeRow:
    rates = (2, 0.0, 1.0, None, None, None, 0, 0, 0.0, 0.0, 10)
    return EdgeRow(source, "team-b/billing", "billing", "http", *rates, mtls, "source")


def refused(identity: str, count: int = 2, tag: str = "refused") -> dict[Handshakes, Occasions]:
    decided = Handshakes("team-b/billing", f"{tag} {RULE}", What.DECIDED, identity)
    return {decided: Occasions(count, 1, 2)}


def test_a_caller_is_known_by_its_identity() -> None:
    """The edge of the account's workload has the count, others have none."""
    rows = with_denials(MESH, [edge("team-a/web"), edge("team-a/batch")], refused(BATCH))
    assert [row.denied for row in rows] == [UNSET, [DeniedRequests(RULE, 2)]]


def test_nobody_is_a_caller_in_plaintext() -> None:
    """Who came without an identity is counted for the edge without one."""
    rows = with_denials(MESH, [edge("team-a/web"), edge("unknown", mtls=False)], refused(""))
    assert [row.denied for row in rows] == [UNSET, [DeniedRequests(RULE, 2)]]


def test_what_cannot_be_told_apart_is_given_to_nobody() -> None:
    """Two edges of one identity to one destination: neither is blamed."""
    rows = with_denials(MESH, [edge("a", mtls=False), edge("b", mtls=False)], refused(""))
    assert [row.denied for row in rows] == [UNSET, UNSET]


def test_dry_runs_refuse_nothing() -> None:
    """What would be refused is no denial."""
    rows = with_denials(MESH, [edge("team-a/web")], refused(WEB, tag="would_refuse"))
    assert [row.denied for row in rows] == [UNSET]


def test_people_read_a_line_each() -> None:
    """Source, destination, count and rule."""
    row = {"source": "a", "destination": "b", "denied": [{"rule": RULE, "requests": 3}]}
    assert denied_lines([row, {"source": "c", "destination": None}]) == [
        f"a to b: 3 denied by {RULE}"
    ]
