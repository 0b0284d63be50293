"""From an agent's report to what `gossamer mtls` and `plan` are told, through a whole plane."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gossamer.plane.api import shapes
from gossamer.plane.api.mtls_answers import SeenCalls
from gossamer.store.paths import File
from gossamer.telemetry.evidence.evidence import Evidence, What
from gossamer.telemetry.report import Reporter
from gossamer.xds.stream.session import Peer
from tests.plane.access.doors import OPERATES
from tests.plane.api.whole_plane import MESH, OBSERVATION, POD, whole_plane

AGENT = Peer("unix:", "spiffe://cluster.local/gossamer/agent/lab")
JOB = POD | {"name": "job-1", "workload": "job", "ip": ["10.244.0.9"], "injected": False}
STRICT = b"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
"""


def reported(address: str, count: int) -> bytes:
    """A report of an agent whose web was called in plaintext."""
    reporter = Reporter("e")
    came = Evidence(What.PLAINTEXT, address, "8080")
    reporter.count({}, {("shop/web", came): count})
    return msgspec.json.encode(reporter.report())


async def test_a_report_becomes_evidence_and_a_plan_holds_it_against_strict(tmp_path: Path) -> None:
    """A caller that was gone when it was reported is named all the same."""
    async with whole_plane(tmp_path) as plane:
        await plane.apply([File("mesh.yaml", MESH.encode())], OPERATES)
        for pods in ([POD, JOB], [POD]):
            seen = msgspec.convert(OBSERVATION | {"pods": pods}, shapes.ObservationBody)
            await plane.observe("lab", seen)
        await plane.report(reported("10.244.0.9", 3), AGENT, {})
        evidence = await plane.mtls()
        planned = await plane.preview([File("strict.yaml", STRICT)], OPERATES)
    (call,) = evidence.calls
    assert (evidence.known, call.source, call.calls) == (True, "shop/job", 3)
    assert isinstance(planned.seen, SeenCalls)
    (broken,) = planned.seen.breaks
    assert (broken.source, broken.destination, broken.port) == ("shop/job", "shop/web", 8080)
    assert (broken.because.file, broken.because.line) == ("strict.yaml", 5)
