"""`gossamer policy report` asks the plane what it is told to, and prints what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from gossamer.cli.main import cli
from tests.cli.canned_lab import canned_lab

EMPTY: dict[str, Any] = {
    "known": True,
    "observed": {"since": "2026-11-28T16:00:00+00:00", "until": "x", "hours": 1.5},
    "dry_runs": [],
    "audits": [],
    "refused": [],
    "not_seen": ["callers that made no call"],
}


@pytest.mark.parametrize("output", ["", "json"])
def test_the_report_is_printed(monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    """As sentences or as it is; with nothing in force both parts say so."""
    with canned_lab({}, {"/v1/policies/report": EMPTY}) as running:
        monkeypatch.setenv("GOSSAMER_HOME", str(running.folder.root.parent.parent))
        words = ["policy", "report", "-n", "shop", *(["-o", output] if output else [])]
        shown = CliRunner().invoke(cli, words, catch_exceptions=False).output
    if output:
        assert json.loads(shown) == EMPTY
    else:
        assert "no dry run is in force" in shown
        assert "nothing was refused by what is in force" in shown
        assert "watched since 2026-11-28T16:00:00+00:00 (1.5 h); not seen:" in shown
