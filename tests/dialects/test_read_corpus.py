"""Manifests that other people wrote read without a single error."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from gossamer.model.finding import Severity

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"
FILES = sorted(CORPUS.rglob("*.yaml"))


@pytest.mark.skipif(not FILES, reason="the corpus of upstream manifests is not beside this tree")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_upstream_manifests_read_without_errors(path: Path) -> None:
    """Unmodified upstream files are understood, or told apart as not supported; never refused."""
    manifests, findings = read_text(path.read_bytes(), path.name)
    reports = [finding for m in manifests for finding in read_manifest(m).findings]
    assert [f for f in (*findings, *reports) if f.severity is Severity.ERROR] == []
    assert all(f.origin.line for f in reports)
