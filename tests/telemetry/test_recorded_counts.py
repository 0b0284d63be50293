"""Reports and written totals are, key by key, what they were before they had types.

An agent of an earlier version must be understood, and a host's totals must outlive an upgrade.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.report import Reporter
from gossamer.telemetry.shapes import TallyShape
from gossamer.telemetry.tally import Tally
from gossamer.xds.stream.session import MalformedRequest
from tests.telemetry.test_tally import take

RECORDED = Path(__file__).parent / "recorded"
UNKNOWN = Edge("destination", "unknown", None, "db.example", "tcp", False)


def tally() -> Tally:
    """Two pods of a workload, one edge."""
    counted = Tally("e")
    take(counted, 3, 10)
    take(counted, 9, 15, "shop/page-2")
    return counted


def same(told: bytes, name: str) -> bool:
    """Whether this is the recorded JSON, in values and in the order of keys."""
    return json.dumps(json.loads(told)) == (RECORDED / name).read_text().strip()


def test_a_report() -> None:
    """Whole and half milliseconds, large ones, and a destination that nobody knows."""
    reporter = Reporter("e")
    reporter.count(tally().edges())
    reporter.count({UNKNOWN: Counts(1, 0, 10, 3, {0.5: 2, 1e6: 1})})
    assert same(msgspec.json.encode(reporter.report()), "report.json")
    edges = Edges()
    edges.take((RECORDED / "report.json").read_bytes(), "agent", 100)
    assert {row.requests_total for row in edges.rows(101)} == {12, 1}


def test_written_totals() -> None:
    """What is written down, and what is read of it."""
    assert same(msgspec.json.encode(tally().shape()), "tally.json")
    written = msgspec.json.decode((RECORDED / "tally.json").read_bytes(), type=TallyShape)
    assert Tally.of(written) == tally()


@pytest.mark.parametrize("key", ["nan", "inf", "-1", "", "7ms", "1e999"])
def test_a_duration_that_is_not_a_number_is_refused(key: str) -> None:
    """It would be sorted among the others, and no percentile would be right again."""
    told = json.loads((RECORDED / "report.json").read_text())
    told["edges"][0]["milliseconds"] = {key: 1}
    with pytest.raises(MalformedRequest, match="milliseconds"):
        Edges().take(json.dumps(told).encode(), "agent", 100)
