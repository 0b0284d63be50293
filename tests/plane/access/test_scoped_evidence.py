"""Evidence of mutual TLS tells a tenant of its own calls and of nobody else's workloads."""

from __future__ import annotations

from gossamer.explain.report.shapes import PlaceShape
from gossamer.plane.access.redaction import Redaction
from gossamer.plane.access.scoped_evidence import scoped_breaks, scoped_evidence
from gossamer.plane.api.mtls_answers import (
    BrokenCall,
    MtlsCall,
    MtlsDestination,
    MtlsEvidence,
    ObservedWindow,
    SeenCalls,
)

WINDOW = ObservedWindow("a", "b", 1.0)
PLACE = PlaceShape("PeerAuthentication team-b/all", "b.yaml", 4, "spec.mtls")
REDACTION = Redaction({"team-b"}, lambda _: False)
NOT_SEEN = ["calls between workloads without a proxy: team-a/x, team-b/vault"]
ENDS = (("team-a/web", "team-b/db"), ("team-b/job", "team-a/web"), ("team-b/job", "team-b/db"))


def sees(workload: str) -> bool:
    return workload.startswith("team-a/")


def call(source: str, destination: str) -> MtlsCall:
    return MtlsCall(
        source, None, destination, None, 80, None, "mtls", 1, "a", "b", "STRICT", PLACE, {}, {}
    )


def test_a_call_is_told_to_whoever_may_read_an_end() -> None:
    """Its mode only to whom the destination belongs: another team's policies are its own."""
    destinations = [MtlsDestination(name, [], 0, 0, 0, "") for name in ("team-a/web", "team-b/db")]
    whole = MtlsEvidence(True, WINDOW, destinations, [call(*each) for each in ENDS], NOT_SEEN)
    evidence = scoped_evidence(whole, sees, REDACTION)
    assert [each.workload for each in evidence.destinations] == ["team-a/web"]
    assert [(each.source, each.destination, each.mode, each.by) for each in evidence.calls] == [
        (*ENDS[0], None, None),
        (*ENDS[1], "STRICT", PLACE),
    ]
    assert "team-a/x" in evidence.not_seen[0]
    assert "vault" not in evidence.not_seen[0]


def test_a_plan_tells_a_tenant_of_its_own_calls() -> None:
    """What else would break is not its business."""
    breaks = [
        BrokenCall(*each[:1], None, *each[1:], None, 80, "mtls", 1, "a", "b", "r", PLACE)
        for each in ENDS
    ]
    seen = scoped_breaks(SeenCalls(WINDOW, breaks, NOT_SEEN), sees, REDACTION)
    assert [(each.source, each.destination) for each in seen.breaks] == list(ENDS[:2])
    assert "vault" not in seen.not_seen[0]
